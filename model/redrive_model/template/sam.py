"""Translates SAM templates into those of CloudFormation, with AWS's own translator."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, cast

from redrive_model.template.errors import TemplateError

#: The transform of SAM templates.
SAM = "AWS::Serverless-2016-10-31"
# The translator takes code in S3 only; which code it is makes no difference to delivery.
_CODE = ("CodeUri", "ContentUri", "DefinitionUri")
_UPLOADED = "s3://bucket/key"


def translated(template: Mapping[str, Any], region: str, values: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Return the template that SAM makes of one of its own.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification.html

    Args:
        template: The template.
        region: Region for which it is translated.
        values: Values for the template's parameters. Default: their own defaults.

    Raises:
        ImportError: The translator is not installed.
        TemplateError: SAM refuses the template.
    """
    try:
        import boto3
        from samtranslator.model import exceptions as refusals  # pyright: ignore
        from samtranslator.parser import parser  # pyright: ignore
        from samtranslator.translator import translator  # pyright: ignore
    except ImportError as error:
        raise ImportError(
            f"a SAM template needs AWS's translator ({error}): install it with `pip install 'redrive[sam]'`, or give "
            "the template that it becomes at deployment"
        ) from None
    session: Any = boto3.Session(region_name=region)
    made: Any = cast("Any", translator).Translator(
        managed_policy_map={}, sam_parser=cast("Any", parser).Parser(), boto_session=session
    )
    uploaded = _with_code(copy.deepcopy(dict(template)))
    try:
        return made.translate(sam_template=uploaded, parameter_values=_defaults(template) | dict(values or {}))
    except cast("Any", refusals).InvalidDocumentException as error:
        causes = [str(each.message) for each in error.causes] or [str(error)]
        raise TemplateError(f"SAM refuses the template: {'; '.join(causes)}") from None
    finally:
        made.metrics.publish()  # to nowhere; without it, a warning says that there are metrics which are not published


def _with_code(template: dict[str, Any]) -> dict[str, Any]:
    for resource in template["Resources"].values():
        properties: dict[str, Any] = resource.get("Properties") or {}
        for name in _CODE:
            if isinstance(properties.get(name), str) and not properties[name].startswith("s3://"):
                properties[name] = _UPLOADED
        if resource["Type"] == "AWS::Serverless::Function" and not {"CodeUri", "InlineCode", "ImageUri"} & set(
            properties
        ):
            properties["CodeUri"] = _UPLOADED
            resource["Properties"] = properties
    return template


def _defaults(template: Mapping[str, Any]) -> dict[str, Any]:
    parameters: Mapping[str, Any] = template.get("Parameters") or {}
    return {name: each["Default"] for name, each in parameters.items() if "Default" in each}
