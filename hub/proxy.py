"""The proxy, as the Hub starts it: for a class that comes at once.

configurable-http-proxy asks the servers through tornado's client, which has ten requests under way
at most, and gives up those that wait for longer than twenty seconds. Thirty students are more.
"""

from configurable_http_proxy.cli import main
from tornado.httpclient import AsyncHTTPClient

PATIENCE = 600  # seconds
limits = {"connect_timeout": PATIENCE, "request_timeout": PATIENCE}
AsyncHTTPClient.configure(None, max_clients=1000, defaults=limits)

if __name__ == "__main__":
    main()
