#!/usr/bin/env python3
"""Asks a real kube-apiserver what it does with thousands of slightly wrong objects.

    oracle.py https://127.0.0.1:6443 TOKEN > 1.36.txt

Every value of every object in objects.yaml is changed in each way of CHANGES, one at a time, and
the result is sent as a create with dryRun=All and fieldValidation=Strict. The output has a line a
value: the object (kind and name), the value's JSON pointer, and a letter for each change, in the
order of CHANGES:

    .  accepted                                 r  refused: a field is required
    u  refused: unknown field                   e  refused: a value that is not supported
    t  refused: cannot be decoded (a type)      i  refused for another reason
    -  the change does not apply

Objects whose kind the server does not have are left out. The server wants
--disable-admission-plugins=ServiceAccount and --allow-privileged, and no controllers (1.24 also
--feature-gates=ServerSideFieldValidation=true). Needs PyYAML. tests/oracle.rs compares the tables
with the validator and needs nothing but them.
"""

import copy
import http.client
import json
import os
import ssl
import sys
import urllib.parse

import yaml

DELETE, UNKNOWN = object(), object()
CHANGES = [
    ("delete", DELETE),
    ("null", None),
    ("string", "x"),
    ("empty string", ""),
    ("digits in quotes", "7"),
    ("true in quotes", "true"),
    ("boolean", True),
    ("integer", 7),
    ("integer beyond 32 bits", 1000000000000),
    ("fraction", 1.5),
    ("empty list", []),
    ("empty map", {}),
    ("unknown key in a map", UNKNOWN),
]
HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
    def __init__(self, url, token):
        context = ssl._create_unverified_context()
        self.connection = http.client.HTTPSConnection(urllib.parse.urlsplit(url).netloc, context=context)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.resources = {}
        self.learn("v1", "/api/v1")
        for group in self.ask("GET", "/apis")[1]["groups"]:
            for version in group["versions"]:
                self.learn(version["groupVersion"], "/apis/" + version["groupVersion"])

    def ask(self, method, path, body=None):
        self.connection.request(method, path, None if body is None else json.dumps(body), self.headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def learn(self, api_version, prefix):
        for resource in self.ask("GET", prefix)[1].get("resources", []):
            if "/" not in resource["name"] and "create" in resource["verbs"]:
                space = "/namespaces/default" if resource["namespaced"] else ""
                self.resources[api_version, resource["kind"]] = f"{prefix}{space}/{resource['name']}"

    def verdict(self, path, body):
        try:
            status, answer = self.ask("POST", path + "?dryRun=All&fieldValidation=Strict", body)
        except http.client.RemoteDisconnected:
            # Some objects make the server's validation panic: it refuses them too.
            self.connection.close()
            return "i"
        message = answer.get("message", "")
        if status < 300:
            return "."
        if status == 400 and "unknown field" in message:
            return "u"
        if status == 400 and "cannot be handled as" in message:
            return "t"
        reasons = {cause.get("reason") for cause in answer.get("details", {}).get("causes", [])}
        if "FieldValueRequired" in reasons:
            return "r"
        if "FieldValueNotSupported" in reasons:
            return "e"
        return "i"


def walk(value, pointer=()):
    if pointer and pointer not in (("apiVersion",), ("kind",)):
        yield pointer, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, pointer + (key,))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from walk(inner, pointer + (index,))


def changed(whole, pointer, change):
    whole = copy.deepcopy(whole)
    at = whole
    for key in pointer[:-1]:
        at = at[key]
    key = pointer[-1]
    if change is DELETE:
        if isinstance(at, list):
            return None
        del at[key]
    elif change is UNKNOWN:
        if not isinstance(at[key], dict):
            return None
        at[key]["seawallUnknown"] = "x"
    else:
        at[key] = change
    return whole


def main():
    server = Server(sys.argv[1], sys.argv[2])
    with open(os.path.join(HERE, "objects.yaml"), encoding="utf-8") as file:
        objects = list(yaml.safe_load_all(file))
    for whole in objects:
        kind = (whole["apiVersion"], whole["kind"])
        if kind not in server.resources:
            print("not served:", *kind, file=sys.stderr)
            continue
        path = server.resources[kind]
        status, answer = server.ask("POST", path + "?dryRun=All&fieldValidation=Strict", whole)
        if status >= 300:
            print("not accepted unchanged:", *kind, answer["message"], file=sys.stderr)
            continue
        for pointer, _ in walk(whole):
            letters = ""
            for _, change in CHANGES:
                body = changed(whole, pointer, change)
                letters += "-" if body is None else server.verdict(path, body)
            text = "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in pointer)
            print(f"{whole['kind']}/{whole['metadata'].get('name', '')}", text, letters)


main()
