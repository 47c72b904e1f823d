"""The HTTP application: every router, one per line."""

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from troupe import __version__
from troupe.app import problems, web
from troupe.app.health import router as health
from troupe.features.accounts.routes import pages as sign_in
from troupe.features.accounts.routes import router as accounts
from troupe.features.agents.routes import router as agents
from troupe.features.agents.service import AGENT
from troupe.features.approvals.routes import router as approvals
from troupe.features.blocks.routes import router as blocks
from troupe.features.budgets.routes import router as budgets
from troupe.features.chat.routes import router as chat
from troupe.features.completions.routes import router as completions
from troupe.features.connections.routes import router as connections
from troupe.features.definitions.routes import apply_route, routes
from troupe.features.files.routes import router as files
from troupe.features.memory.routes import router as memory
from troupe.features.models.routes import router as models
from troupe.features.providers.routes import router as providers
from troupe.features.runs.routes import all_figures
from troupe.features.runs.routes import router as runs
from troupe.features.runs.socket import router as socket
from troupe.features.scope import Parts
from troupe.features.tasks.routes import router as tasks
from troupe.features.templates.routes import router as templates
from troupe.features.workflows.routes import router as expressions
from troupe.features.workflows.service import WORKFLOW


def http_app(parts: Parts) -> FastAPI:
    """The whole API on these parts."""
    app = FastAPI(
        title="Troupe", version=__version__, openapi_url="/api/v1/openapi.json", docs_url="/api/docs", redoc_url=None,
        generate_unique_id_function=_operation_id,
    )  # fmt: skip
    app.state.parts = parts
    problems.install(app)
    app.include_router(completions)  # first: a route is found by trying one after the other
    api = APIRouter(prefix="/api/v1")
    api.include_router(health)
    api.include_router(accounts)
    api.include_router(routes(WORKFLOW))
    api.include_router(expressions)
    api.include_router(routes(AGENT))
    api.include_router(agents)
    api.include_router(apply_route({kind.name: kind for kind in (WORKFLOW, AGENT)}))
    api.include_router(chat)
    api.include_router(runs)
    api.include_router(all_figures)
    api.include_router(approvals)
    api.include_router(files)
    api.include_router(blocks)
    api.include_router(budgets)
    api.include_router(connections)
    api.include_router(memory)
    api.include_router(models)
    api.include_router(providers)
    api.include_router(tasks)
    api.include_router(templates)
    app.include_router(api)
    app.include_router(socket)
    app.include_router(sign_in)
    web.install(app)
    app.add_middleware(problems.Door)  # pyright: ignore[reportArgumentType]  Starlette's types are narrower than ASGI
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
