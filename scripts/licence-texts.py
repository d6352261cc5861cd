"""The part of scripts/package that gathers licence texts: prints those that the linked crates come with, each text once.

usage: licence-texts.py     (in the repository; reads src/cli/licences.tsv and what `cargo metadata` knows)
A crate without a text of its own must be under a licence that can do without, or this fails.
"""
import json
import os
import re
import subprocess
import sys

LIST = "src/cli/licences.tsv"
# What is packaged; `tests/licences.rs` lists the crates of other systems too.
TARGET = "x86_64-unknown-linux-gnu"
RULE = "-" * 80
NAMED = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense|patents)([-_. ].*)?", re.IGNORECASE)
NOT_TEXT = (".rs", ".py", ".sh", ".toml", ".json", ".html")
# These ask for no text to come along; Apache-2.0 asks for its own, which the package has.
NEED_NO_COPY = {"0BSD", "CC0-1.0", "MIT-0", "Unlicense", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"}
# Of these every Debian has the text.
COMMON = {"MPL-2.0": "/usr/share/common-licenses/MPL-2.0"}


def texts(folder, stated):
    """The licence files of a crate, of what it brings along too, each as one string."""
    found = set()
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("target", "tests", ".git")]
        for name in files:
            path = os.path.join(at, name)
            if path == stated or NAMED.fullmatch(name) and not name.endswith(NOT_TEXT):
                with open(path, encoding="utf-8", errors="replace") as file:
                    found.add("\n".join(line.rstrip() for line in file.read().strip("\n").splitlines()))
    return found - {""}


def instead(package):
    """What is to be said where a crate comes without a text."""
    expression = package["license"] or ""
    choices = [choice.strip(" ()") for choice in expression.replace("/", " OR ").split(" OR ")]
    if NEED_NO_COPY.intersection(choices):
        return f"{expression}."
    for choice in choices:
        if choice in COMMON:
            return f"{choice}: {COMMON[choice]}. Its source, unchanged: {package['repository']}"
        if choice == "MIT" and package["authors"]:
            with open("LICENSE-MIT", encoding="utf-8") as file:
                terms = file.read()
            return f"MIT.\n\nCopyright (c) {', '.join(package['authors'])}\n\n{terms[terms.index('Permission'):].strip()}"
    sys.exit(f"error: {package['name']} comes without the text of {expression}\nhint: add the text in scripts/licence-texts.py")


def main():
    with open(LIST, encoding="utf-8") as file:
        listed = {tuple(line.split("\t")[:2]) for line in file}
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", TARGET]
    packages = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["packages"]
    crates_of, without = {}, []
    for package in sorted(packages, key=lambda package: (package["name"], package["version"])):
        if (package["name"], package["version"]) not in listed:
            continue
        crate = f"{package['name']} {package['version']}"
        folder = os.path.dirname(package["manifest_path"])
        stated = package["license_file"] and os.path.normpath(os.path.join(folder, package["license_file"]))
        own = texts(folder, stated)
        for text in sorted(own):
            crates_of.setdefault(text, []).append(crate)
        if not own:
            without.append((crate, instead(package)))
    print("\nThe texts that these crates come with")
    for text, crates in crates_of.items():
        print(f"\n{RULE}\n{', '.join(crates)}\n{RULE}\n\n{text}")
    print(f"\n{RULE}\nWithout a text of their own\n{RULE}")
    for crate, said in without:
        print(f"\n{crate}: {said}")


if __name__ == "__main__":
    main()
