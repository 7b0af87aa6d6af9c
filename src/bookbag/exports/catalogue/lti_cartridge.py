"""LTI settings as an IMS Common Cartridge: one link for each assignment.

Source: IMS Common Cartridge 1.3, sections 3 and 4.7; IMS LTI link 1.3. A platform that
imports it makes all links at once, and nobody copies forty URLs by hand.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from bookbag.domain.courses.models import Course
from bookbag.domain.lti.selectors import IntegrationUrl, list_integration_urls
from bookbag.exports.catalogue.definition import (
    ExportDefinition,
    People,
    Product,
    ProductionContext,
    ReceiptNumbers,
    ScopeKind,
)
from bookbag.exports.catalogue.file_names import format_file_stem
from bookbag.exports.catalogue.lti_urls import check_scope, get_launchable_course
from bookbag.exports.catalogue.rights import may_export_course
from bookbag.exports.catalogue.table_products import write_rows_receipt

MANIFEST = "http://www.imsglobal.org/xsd/imsccv1p3/imscp_v1p1"
LOM = "http://ltsc.ieee.org/xsd/imsccv1p3/LOM/manifest"
LINK = "http://www.imsglobal.org/xsd/imslticc_v1p3"
BLTI = "http://www.imsglobal.org/xsd/imsbasiclti_v1p0"
LTICM = "http://www.imsglobal.org/xsd/imslticm_v1p0"
LTICP = "http://www.imsglobal.org/xsd/imslticp_v1p0"
LINK_KIND = "imsbasiclti_xmlv1p3"
MEMBER_TIME = (1980, 1, 1, 0, 0, 0)
MEMBER_MODE = 0o644 << 16
VENDOR_CODE = "bookbag"

NAMESPACES_OF_COURSE = {"xmlns": MANIFEST, "xmlns:lomimscc": LOM}
NAMESPACES_OF_LINK = {
    "xmlns": LINK,
    "xmlns:blti": BLTI,
    "xmlns:lticm": LTICM,
    "xmlns:lticp": LTICP,
}
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that XML cannot hold."""


def produce(context: ProductionContext) -> Product:
    """Write a cartridge with a link for each assignment of the course.

    Raises:
        ScopeError: If the course is not open to launches.
    """
    course = get_launchable_course(context.scope)
    links = list_integration_urls(course)
    with zipfile.ZipFile(context.staged, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, root in _list_members(course, links):
            member = zipfile.ZipInfo(name, MEMBER_TIME)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = MEMBER_MODE
            archive.writestr(member, _to_bytes(root))
    with context.staged.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    stem = format_file_stem(course.name, "lti_links", context.snapshot_at.date())
    return Product(
        file_name=f"{stem}.imscc",
        media_type="application/vnd.ims.imsccv1p3",
        sha256=sha256,
        size_bytes=context.staged.stat().st_size,
        problem_count=0,
        receipt=_count_links(context, links, f"{stem}.imscc", sha256),
    )


def _count_links(
    context: ProductionContext,
    links: list[IntegrationUrl],
    file_name: str,
    sha256: str,
) -> ReceiptNumbers:
    described = {"name": "lti-links", "path": file_name, "rowCount": len(links)}
    return ReceiptNumbers(
        document=write_rows_receipt(context, described, {}, sha256),
        expected=len(links),
        present=len(links),
        empty=0,
        excluded=0,
        failed=0,
        file_count=len(links),
        payload_bytes=context.staged.stat().st_size,
    )


def _list_members(
    course: Course, links: list[IntegrationUrl]
) -> Iterator[tuple[str, Element]]:
    yield "imsmanifest.xml", _describe_course(course, links)
    for number, link in enumerate(links, 1):
        yield f"{_name_link(number)}.xml", _describe_link(link)


def _describe_course(course: Course, links: list[IntegrationUrl]) -> Element:
    root = Element("manifest", NAMESPACES_OF_COURSE, identifier="bookbag-course")
    metadata = _add(root, "metadata")
    _add(metadata, "schema", "IMS Common Cartridge")
    _add(metadata, "schemaversion", "1.3.0")
    general = _add(_add(metadata, "lomimscc:lom"), "lomimscc:general")
    title = _add(general, "lomimscc:title")
    _add(title, "lomimscc:string", course.title or course.name)
    organization = _add(
        _add(root, "organizations"),
        "organization",
        identifier="outline",
        structure="rooted-hierarchy",
    )
    top = _add(organization, "item", identifier="root")
    resources = _add(root, "resources")
    modules: dict[str, Element] = {}
    for number, link in enumerate(links, 1):
        name = link.assignment.module.name
        if name not in modules:
            modules[name] = _add(top, "item", identifier=f"module-{len(modules) + 1}")
            _add(modules[name], "title", name)
        resource = _name_link(number)
        item = _add(
            modules[name],
            "item",
            identifier=f"item-{number}",
            identifierref=resource,
        )
        _add(item, "title", link.assignment.name)
        held = _add(resources, "resource", identifier=resource, type=LINK_KIND)
        _add(held, "file", href=f"{resource}.xml")
    return root


def _describe_link(link: IntegrationUrl) -> Element:
    root = Element("cartridge_basiclti_link", NAMESPACES_OF_LINK)
    _add(root, "blti:title", link.assignment.name)
    _add(root, "blti:description", link.assignment.module.name)
    if link.custom:
        custom = _add(root, "blti:custom")
        for name, value in link.custom.items():
            _add(custom, "lticm:property", value, name=name)
    is_secure = link.url.startswith("https:")
    _add(root, "blti:secure_launch_url" if is_secure else "blti:launch_url", link.url)
    vendor = _add(root, "blti:vendor")
    _add(vendor, "lticp:code", VENDOR_CODE)
    _add(vendor, "lticp:name", "Bookbag")
    _add(vendor, "lticp:url", settings.BOOKBAG_BASE_URL)
    return root


def _name_link(number: int) -> str:
    return f"link-{number:04}"


def _add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    child = SubElement(parent, tag, attributes)
    child.text = _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text) or None
    return child


def _to_bytes(root: Element) -> bytes:
    indent(root)
    content: bytes = tostring(root, "utf-8", xml_declaration=True)
    return content


DEFINITION = ExportDefinition(
    identifier="lti-cartridge",
    scope_kind=ScopeKind.COURSE,
    get_title=lambda: str(_("LTI Common Cartridge")),
    may_request=may_export_course,
    produce=produce,
    people=People.NOWHERE,
    sends_mail=False,
    check_options=check_scope,
)
