"""Pages of the site that stand elsewhere in the repository: README, SECURITY, and the numbered examples with their code."""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = {".py": "python", ".sbatch": "bash", ".yaml": "yaml"}
PAGES = {"README.md": "index.md", "SECURITY.md": "security.md"}


def on_files(files, config):
    for source, target in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, target, content=text))
    files.append(File.generated(config, "examples/index.md", content=examples()))
    return files


def examples():
    """The course, each example followed by its code."""
    text = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    for path in sorted((ROOT / "examples").glob("**/*")):
        if path.suffix in LANGUAGES:
            name, code = path.relative_to(ROOT / "examples"), path.read_text("utf-8")
            text += f"\n## {name}\n\n```{LANGUAGES[path.suffix]}\n{code}```\n"
    return text


def on_page_markdown(markdown, page, config, files):
    """Links between pages stay links; those to other files of the repository become their names."""
    folder = Path(page.file.src_uri).parent

    def link(match):
        label, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match.group(0)
        name = re.sub(r"^(\.\./)*(docs/)?", "", target)
        name = PAGES.get(name, name)
        name = "examples/index.md" if name == "examples/README.md" else name
        for candidate in (name, (folder / target).as_posix()):
            if files.get_file_from_path(candidate):
                return f"[{label}]({'../' * len(folder.parts)}{candidate})"
        return label

    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", link, markdown)
