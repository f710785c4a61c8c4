"""What the services answer when they refuse."""

import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse


class ApiError(Exception):
    """A refusal, in the shape that globus-sdk reads.

    Args:
        status: Of HTTP.
        code: The service's name of the error.
        message: For people.
        headers: More headers of the answer.
        extra: More fields of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.headers = dict(headers or {})
        self.body = {
            "code": code,
            "message": message,
            "reason": message,
            "status": "Failed",
            "http_status_code": status,
            "request_id": str(uuid.uuid4()),
            **extra,
        }


async def answer_api_error(_request: Request, error: Exception) -> JSONResponse:
    """Turns an `ApiError` into its answer."""
    assert isinstance(error, ApiError)
    return JSONResponse(error.body, error.status, error.headers)
