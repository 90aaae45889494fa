"""A script at the REST interface."""

import json

from accounts.services import create_token
from tests.factories.documents import stream


class Caller:
    def __init__(self, client, user, scopes=("read", "write")):
        _, text = create_token(user=user, name="test", scopes=scopes)
        self.client = client
        self.headers = {"Authorization": f"Bearer {text}"}

    def get(self, path, **headers):
        return self.client.get(f"/api/v1/{path}", headers={**self.headers, **headers})

    def post(self, path, body=b"", content_type="application/json", **headers):
        data = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(
            f"/api/v1/{path}", data, content_type, headers={**self.headers, **headers}
        )


def apply(caller, *documents, query="mode=apply&domain=sandbox"):
    return caller.post(f"descriptors?{query}", stream(*documents), "application/yaml")
