from globus_compute_sdk.serialize import ComputeSerializer

from cloud.functions import pack_source


def test_source_text_is_packed_as_the_sdk_unpacks_it() -> None:
    source = "def greet(name):\n    return 'salve ' + name\n"
    serializer = ComputeSerializer()
    (buffer,) = serializer.unpack_buffers(pack_source("greet", source))
    assert serializer.deserialize(buffer)("Alcuin") == "salve Alcuin"
