"""IIIF: manifests of the Presentation API 2 and 3, and images of the Image API."""
