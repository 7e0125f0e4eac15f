"""The review page: a small server on this machine that shows units beside their candidates and keeps decisions.

Everything is drawn here and works without JavaScript and without a network; nothing heavy is imported before
``matcher serve`` runs. The home of FastAPI, uvicorn and Jinja2.
"""
