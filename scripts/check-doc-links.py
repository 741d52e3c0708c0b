#!/usr/bin/env python3
"""Finds dead links in the documentation of the library: check-doc-links.py [FOLDER...]

Every relative link of every page in the folders, target/doc/wcodec unless given, has to lead to a
page and a place on it, and every link to the source on docs.rs to a file of the package.
"""

import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "https://docs.rs/crate/wcodec/latest/source/"


class Page(HTMLParser):
    """The links of a page, and the places that links can lead to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = set(), set()
        # Depth of nested elements in what other crates implement for every type: their words are
        # not ours.
        self.foreign = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if self.foreign or attributes.get("id") == "blanket-implementations-list":
            self.foreign += tag == "div"
        elif tag == "a" and attributes.get("href"):
            self.links.add(attributes["href"])
        if attributes.get("id"):
            self.places.add(unquote(attributes["id"]))

    def handle_endtag(self, tag):
        self.foreign -= bool(self.foreign) and tag == "div"


@cache
def page(path):
    return Page(path.read_text(encoding="utf-8"))


def packaged():
    command = ["cargo", "package", "--list", "--allow-dirty", "--locked", "--package", "wcodec"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return set(listed.stdout.splitlines())


def fault(path, link, files):
    """Why a link is dead, or None."""
    if link.startswith(SOURCE):
        file = link.removeprefix(SOURCE)
        return None if file in files else f"{file} is no file of the package"
    if "://" in link:
        return None
    target, place = urldefrag(link)
    target = (path.parent / unquote(target)).resolve() if target else path
    if not target.is_file():
        return "there is no such page"
    # Lines of source have no ids of their own.
    is_source = "/src/" in str(target)
    if place and not is_source and unquote(place) not in page(target).places:
        return "the page has no such place"
    return None


def check(folder, files):
    """Prints the dead links of the pages in a folder, and returns how many there are."""
    dead = count = 0
    for path in sorted(folder.rglob("*.html")):
        for link in sorted(page(path).links):
            count += 1
            why = fault(path, link, files)
            if why:
                dead += 1
                print(f"{path.relative_to(folder)}: {link}: {why}")
    if count == 0:
        sys.exit(f"no links in {folder}")
    print(f"{folder.relative_to(ROOT)}: {count} links, {dead} of them dead")
    return dead


def main():
    folders = [Path(folder).resolve() for folder in sys.argv[1:]] or [ROOT / "target/doc/wcodec"]
    files = packaged()
    sys.exit(sum([check(folder, files) for folder in folders]) > 0)


main()
