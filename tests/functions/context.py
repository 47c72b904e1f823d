"""What Lambda gives to a handler beside the event."""

from dataclasses import dataclass


@dataclass
class Context:
    """As the Python runtime has it. `left`: seconds until the call is cut."""

    function_name: str = "troupe"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-central-1:123456789012:function:troupe"
    aws_request_id: str = "8f5c9f0e-0000-4000-8000-000000000001"
    left: float = 900.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left * 1000)


CONTEXT = Context()
