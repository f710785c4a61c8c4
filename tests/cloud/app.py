"""The web application: Auth, Groups, Compute and Transfer on one port, where their paths do not collide."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from cloud import auth_api, compute_api, control_api, groups_api, submit_api, transfer_api
from cloud.config import CloudConfig
from cloud.errors import ApiError, answer_api_error
from cloud.gate import Gate
from cloud.parts import Cloud, build


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    cloud: Cloud = app.state.cloud
    await cloud.queues.connect()
    await cloud.processor.start()
    cloud.workers.wake()
    yield
    await cloud.queues.close()


def create_app(config: CloudConfig) -> ASGIApp:
    """Makes the application. Once started, it goes on with what it finds in its state."""
    app = FastAPI(title="A local double of the Globus services", lifespan=_life)
    app.state.cloud = cloud = build(config)
    app.add_exception_handler(ApiError, answer_api_error)
    for part in (control_api, auth_api, groups_api, compute_api, submit_api, transfer_api):
        app.include_router(part.router)
    return Gate(app, cloud.faults, cloud.requests)
