"""IIIF manifests as libraries write them."""

from typing import Any

SERVICE_2 = "http://iiif.io/api/image/2/level2.json"


def canvas_2(label: Any, service: str | None, image: str | None = None) -> dict[str, Any]:
    resource: dict[str, Any] = {"@type": "dctypes:Image", "format": "image/jpeg"}
    if image or service:
        resource["@id"] = image or f"{service}/full/full/0/default.jpg"
    if service:
        context = "http://iiif.io/api/image/2/context.json"
        resource["service"] = {"@context": context, "@id": service, "profile": SERVICE_2}
    annotation = {"@type": "oa:Annotation", "motivation": "sc:painting", "resource": resource}
    return {"@type": "sc:Canvas", "label": label, "images": [annotation]}


def manifest_2(*canvases: dict[str, Any], label: Any = "A book") -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/presentation/2/context.json",
        "@type": "sc:Manifest",
        "label": label,
        "sequences": [{"@type": "sc:Sequence", "canvases": list(canvases)}],
    }


def canvas_3(label: Any, service: str | None, image: str | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"type": "Image", "format": "image/jpeg"}
    if image or service:
        body["id"] = image or f"{service}/full/max/0/default.jpg"
    if service:
        body["service"] = [{"id": service, "type": "ImageService3", "profile": "level1"}]
    annotation = {"type": "Annotation", "motivation": "painting", "body": body}
    return {"type": "Canvas", "label": label, "items": [{"type": "AnnotationPage", "items": [annotation]}]}


def manifest_3(*canvases: dict[str, Any], label: Any = None) -> dict[str, Any]:
    return {
        "@context": "http://iiif.io/api/presentation/3/context.json",
        "type": "Manifest",
        "label": label or {"en": ["A book"]},
        "items": list(canvases),
    }
