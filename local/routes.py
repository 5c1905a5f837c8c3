"""Creates the routes of the HTTP API, which MiniStack does not take from a template."""

import re
from typing import Any

from local.aws import ACCOUNT, REGION, client
from local.layout import STACK_NAME

ANY = "x-amazon-apigateway-any-method"


def wanted_routes(processed: dict[str, Any]) -> dict[str, str]:
    """Return route key → logical id of the function, from a template that SAM has processed."""
    paths = processed["Resources"]["Api"]["Properties"]["Body"]["paths"]
    wanted: dict[str, str] = {}
    for path, methods in paths.items():
        for method, operation in methods.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
            function = re.search(r"functions/\$\{(\w+)\.Arn\}", uri)
            if function is None:
                raise ValueError(f"no function behind {method} {path}")
            name = "ANY" if method == ANY else method.upper()
            wanted["$default" if path == "$default" else f"{name} {path}"] = function[1]
    return wanted


def physical_ids() -> dict[str, str]:
    """Return logical id → name of every resource of the stack."""
    resources = client("cloudformation").describe_stack_resources(StackName=STACK_NAME)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in resources["StackResources"]
    }


def create_routes() -> int:
    """Make the routes of the API those of the template; return how many had to change."""
    processed = client("cloudformation").get_template(
        StackName=STACK_NAME, TemplateStage="Processed"
    )["TemplateBody"]
    names = physical_ids()
    wanted = {key: names[function] for key, function in wanted_routes(processed).items()}
    gateway, api = client("apigatewayv2"), names["Api"]
    integrations = _integrations(gateway, api, set(wanted.values()))
    existing = {
        route["RouteKey"]: route
        for route in gateway.get_routes(ApiId=api, MaxResults="500")["Items"]
    }
    changed = 0
    for key in existing.keys() - wanted.keys():
        gateway.delete_route(ApiId=api, RouteId=existing[key]["RouteId"])
        changed += 1
    for key, function in wanted.items():
        target = f"integrations/{integrations[function]}"
        if key not in existing:
            gateway.create_route(ApiId=api, RouteKey=key, Target=target)
            changed += 1
        elif existing[key]["Target"] != target:
            gateway.update_route(ApiId=api, RouteId=existing[key]["RouteId"], Target=target)
            changed += 1
    return changed


def _integrations(gateway: Any, api: str, functions: set[str]) -> dict[str, str]:
    """Return function name → integration id, made where there was none."""
    known = {
        item["IntegrationUri"].rpartition(":")[2]: str(item["IntegrationId"])
        for item in gateway.get_integrations(ApiId=api, MaxResults="500")["Items"]
    }
    for function in sorted(functions - known.keys()):
        made = gateway.create_integration(
            ApiId=api,
            IntegrationType="AWS_PROXY",
            IntegrationUri=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}",
            PayloadFormatVersion="2.0",
        )
        known[function] = made["IntegrationId"]
    return known
