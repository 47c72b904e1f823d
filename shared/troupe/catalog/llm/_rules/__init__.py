"""The rules behind `demo/demo`: counting words, matching cues, scoring sentences. No AI, no network, no state.

`words` splits and stems, `cues` reads the lexicon (lexicon.json), `classify` weighs labels, `find` finds typed values,
`fill` fits them to a JSON Schema, `sentences` summarizes and answers, `judge` decides conditions, `vectors` embeds. The
lexicon speaks of everyday business text in general; nothing in it was taken from an example or a test.
"""
