import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.campaigns.filing import named_after

PAGE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<PcGts xmlns="http://x/2019-07-15">\n <Metadata><Creator>k</Creator>'
    '</Metadata>\n <Page imageWidth="9" imageFilename="{}" imageHeight="8">'
    '<TextLine custom="imageFilename=&quot;no&quot;"/></Page></PcGts>'
)
ALTO = (
    "<alto><Description><MeasurementUnit>pixel</MeasurementUnit><sourceImageInformation><fileName>{}</fileName>"
    "</sourceImageInformation></Description><String CONTENT='&lt;fileName>x'/></alto>"
)


@pytest.mark.parametrize("form", [PAGE, ALTO])
def test_a_page_names_its_own_image(form: str) -> None:
    before, after = form.format("p1.jpg").encode(), form.format("0007-f. 1r &amp; v.jpg").encode()
    assert named_after(before, "0007-f. 1r & v.jpg") == after
    assert named_after(after, "p1.jpg") == before
    assert named_after(before, "p1.jpg") == before


def test_what_names_no_image_stays_as_it_is() -> None:
    text = b'In the year imageFilename="a" of our Lord\n'
    assert named_after(text, "p1.jpg") == text


@given(st.text(alphabet=st.characters(exclude_categories=["C"]), min_size=1, max_size=30))
def test_whatever_an_image_is_called_the_page_stays_xml(name: str) -> None:
    page = fromstring(named_after(PAGE.format("p1.jpg").encode(), name))
    assert page[1].attrib["imageFilename"] == name
    alto = fromstring(named_after(ALTO.format("p1.jpg").encode(), name))
    assert alto.findtext(".//fileName") == name
