"""Hardened reading of XML: no DTD, no entities, no network, bounded size; elements by name in whatever version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol, Self

from lxml import etree

from processors.exchange.answers import AnswerError, Fault

BYTES_MAX: Final = 64 * 1024 * 1024
RAW_BYTES_MAX: Final = 16 * 1024
_NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:"


class Element(Protocol):
    """What is used of lxml's element, which publishes no types."""

    text: str | None

    def iterfind(self, path: str) -> Iterator[Self]:
        """The elements at a path."""

    def get(self, key: str, default: str) -> str:
        """An attribute."""


def parse(raw: bytes) -> Element:
    """The root of a document. Raises AnswerError: too large, not well-formed, or with anything but plain content.

    Encodings with zero bytes are refused, so that a declaration of a DTD or an entity cannot hide from the look for it.
    """
    if len(raw) > BYTES_MAX:
        raise AnswerError(Fault.TOO_LARGE, "/", f"at most {BYTES_MAX} bytes")
    if b"\0" in raw or b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise AnswerError(Fault.UNREADABLE, "/", "UTF-8 without a DTD or entities")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root: Element = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise AnswerError(Fault.UNREADABLE, f"line {error.lineno}", "a well-formed document") from None
    except ValueError:
        raise AnswerError(Fault.UNREADABLE, "/", "an encoding that the declaration names rightly") from None
    if etree.ElementTree(root).docinfo.doctype:
        raise AnswerError(Fault.UNREADABLE, "/", "UTF-8 without a DTD or entities")
    return root


def message_name(root: Element) -> str:
    """`camt.054` for a root of any version of it; AnswerError for what is no ISO 20022 message."""
    namespace = etree.QName(root).namespace or ""
    name = namespace.removeprefix(_NAMESPACE)
    if name == namespace or name.count(".") != 3:
        raise AnswerError(Fault.UNKNOWN_FORMAT, "/Document", "a namespace of ISO 20022")
    return ".".join(name.split(".")[:2])


def all_of(node: Element, path: str) -> Iterator[Element]:
    """The elements at a path of local names."""
    return node.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))


def first(node: Element, path: str) -> Element | None:
    """The first element at a path of local names."""
    return next(all_of(node, path), None)


def text(node: Element, *paths: str) -> str:
    """The text at the first of these paths that has any, stripped; "" where none has."""
    for path in paths:
        found = first(node, path)
        if found is not None and found.text and found.text.strip():
            return found.text.strip()
    return ""


def needed(node: Element, *paths: str) -> str:
    """The text at the first of these paths that has any; AnswerError where none has."""
    found = text(node, *paths)
    if not found:
        raise AnswerError(Fault.MISSING, paths[0], "a text")
    return found


def raw_of(node: Element) -> bytes:
    """The element as it came, cut to what is kept of a bad record."""
    written: bytes = etree.tostring(node, with_tail=False)
    return written[:RAW_BYTES_MAX]
