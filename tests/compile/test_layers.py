"""A layer links the layers whose headers it includes, no others, and only those below it; and so do tests and fuzz targets."""

import re

import pytest
from conftest import ROOT

TOP = (ROOT / "CMakeLists.txt").read_text()
TESTS = (ROOT / "tests" / "CMakeLists.txt").read_text()
FUZZ = (ROOT / "fuzz" / "CMakeLists.txt").read_text()


def calls(text, function):
    """Arguments of each call of a CMake function, comments aside."""
    text = re.sub(r"#.*", "", text)
    for found in re.finditer(rf"\b{function}\(((?:[^()]|\([^()]*\))*)\)", text):
        yield found[1].split()


def linked(arguments):
    """The layers among the arguments."""
    return [a.removeprefix("amalgam_") for a in arguments if a.startswith("amalgam_")]


class Layer:
    def __init__(self, arguments):
        self.name, *rest = arguments
        self.public, self.links, into = [], [], None
        for word in rest:
            if word in ("PUBLIC_HEADERS", "LINKS", "PRIVATE", "SOURCES"):
                into = word
            elif into == "PUBLIC_HEADERS":
                self.public.append(word)
            elif into in ("LINKS", "PRIVATE"):
                self.links += linked([word])

    def files(self):
        folder = ROOT / "src" / self.name
        yield from (p for p in folder.rglob("*") if p.suffix in (".cpp", ".h"))
        yield from (ROOT / "include" / "amalgam" / f"{name}.h" for name in self.public)


LAYERS = [Layer(arguments) for arguments in calls(TOP, "amalgam_layer")]
ORDER = [layer.name for layer in LAYERS]
OWNER = {header: layer.name for layer in LAYERS for header in layer.public}


def included(files):
    """The layers whose headers these files include."""
    found = set()
    for path in files:
        for name in re.findall(r'#include "([^"]+)"', path.read_text()):
            folder, _, rest = name.rpartition("/")
            shared = ROOT / "tests" / name
            if not folder and shared.exists():  # what tests of several folders have
                found |= included([shared])
            owner = OWNER[rest.removesuffix(".h")] if folder == "amalgam" else folder
            found.add(owner.split("/")[0])
    return found & set(ORDER)


def test_the_reading_of_cmake_is_right():
    assert ORDER[:2] == ["base", "formats"]
    assert {"graph", "variants", "plan", "weave", "job", "key", "audit"} <= set(ORDER)
    folders = {p.name for p in (ROOT / "src").iterdir() if p.is_dir()}
    assert folders - set(ORDER) == {"cli", "opencv"}
    headers = {p.stem for p in (ROOT / "include" / "amalgam").glob("*.h")}
    assert headers == set(OWNER)


@pytest.mark.parametrize("layer", LAYERS, ids=ORDER)
def test_a_layer_links_what_it_includes(layer):
    assert len(set(layer.links)) == len(layer.links)
    assert included(layer.files()) - {layer.name} == set(layer.links)


@pytest.mark.parametrize("layer", LAYERS, ids=ORDER)
def test_and_only_layers_below_it(layer):
    for link in layer.links:
        assert ORDER.index(link) < ORDER.index(layer.name)


@pytest.mark.parametrize("folder, links", [(a[0], a[1:]) for a in calls(TESTS, "amalgam_test")])  # fmt: skip
def test_the_tests_of_a_folder_link_what_they_include(folder, links):
    files = (ROOT / "tests" / folder).glob("*.cpp")
    support = (ROOT / "tests" / folder).glob("*.h")
    assert included([*files, *support]) == set(linked(links))


@pytest.mark.parametrize("tool, links", [(a[0], a[1:]) for a in calls(TESTS, "amalgam_tool")])  # fmt: skip
def test_so_do_tools(tool, links):
    assert included([ROOT / "tests" / "tools" / f"{tool}.cpp"]) == set(linked(links))


@pytest.mark.parametrize("target, links", [(a[0], a[1:]) for a in calls(FUZZ, "amalgam_fuzz")])  # fmt: skip
def test_so_do_fuzz_targets(target, links):
    files = [ROOT / "fuzz" / f"fuzz_{target}.cpp"]
    sources = dict((a[0], a[2:]) for a in calls(FUZZ, "target_sources"))
    files += [ROOT / "fuzz" / s for s in sources.get(f"fuzz_{target}", []) if s.endswith(".cpp") and "$" not in s]  # fmt: skip
    assert included(files) - {"base"} == set(linked(links)) - {"base"}
