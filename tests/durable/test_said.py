"""What is told of an answer while it comes, to who listens from its beginning and to who comes later."""

from troupe.durable.said import AGAIN, Said


def test_the_text_so_far_is_told_at_once_to_who_is_alone_and_then_each_second() -> None:
    said = Said()
    assert said.place(0.0, watched=False) == {"from": 0}
    said.hear("token", {"text": "Hello"})
    assert said.place(0.1, watched=True) == {"from": 5, "so_far": "Hello"}
    said.hear("token", {"text": " you"})
    assert said.place(0.2, watched=True) == {"from": 9}
    assert said.place(0.1 + AGAIN, watched=True) == {"from": 9, "so_far": "Hello you"}
    said.hear("token", {"text": "", "void": True})
    assert said.place(9.0, watched=True) == {"from": 0}
