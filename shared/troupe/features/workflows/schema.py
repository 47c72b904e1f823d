def input_schema(w):
    return w.input if isinstance(w.input, dict) else {}


def output_schema(w, blocks):
    return {}


def input_problems(schema, value):
    return []
