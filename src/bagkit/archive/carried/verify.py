"""Check that this export is whole: every file, every digest, every sum.

Run it where the archive was unpacked (python verify.py), or give it the ZIP or a
folder (python verify.py FILE). It needs Python 3.8 or newer and nothing else. It
ends with status 0 when everything is as it was written, and with 1 otherwise.
"""

import csv
import hashlib
import io
import json
import os
import stat
import sys
import zipfile

STATES = ("present", "empty", "excluded", "failed")
PIECE = 1 << 20


class Folder:
    """A bag that was unpacked."""

    def __init__(self, root):
        self.root = root
        self.links = {}
        self.listed = set()
        self.strangers = []
        for folder, folders, files in os.walk(root):
            for name in files + folders:
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, root).replace(os.sep, "/")
                if os.path.islink(path):
                    self.links[inside] = os.readlink(path).replace(os.sep, "/")
                elif name in files:
                    self.listed.add(inside)

    def open(self, name):
        return open(os.path.join(self.root, *name.split("/")), "rb")


class Archive:
    """A bag that is still in its ZIP."""

    def __init__(self, path):
        self.file = zipfile.ZipFile(path)
        self.links = {}
        self.listed = set()
        self.strangers = []
        self.top = self.file.infolist()[0].filename.split("/")[0] + "/"
        for member in self.file.infolist():
            name = member.filename[len(self.top) :]
            is_new = name not in self.listed and name not in self.links
            if not member.filename.startswith(self.top) or not is_new:
                self.strangers.append(member.filename)
            elif stat.S_ISLNK(member.external_attr >> 16):
                self.links[name] = self.file.read(member).decode("utf-8")
            elif not name.endswith("/"):
                self.listed.add(name)

    def open(self, name):
        return self.file.open(self.top + name)


def read(bag, name):
    """Return a small file's content."""
    with bag.open(name) as file:
        return file.read()


def digest_of(bag, name):
    """Return a file's SHA-256."""
    digest = hashlib.sha256()
    with bag.open(name) as file:
        for piece in iter(lambda: file.read(PIECE), b""):
            digest.update(piece)
    return digest.hexdigest()


def read_manifest(bag, name, faults):
    """Return digest by path from one manifest."""
    lines = {}
    for number, line in enumerate(read(bag, name).decode("utf-8").split("\n"), 1):
        if not line:
            continue
        digest, _, path = line.partition("  ")
        if len(digest) != 64 or not path or path in lines:
            faults.append("%s, line %d: not a digest and a new path" % (name, number))
        lines[path] = digest
    return lines


def check_digests(bag, expected, faults):
    """Compare every listed file with its digest."""
    for path in sorted(set(expected) - set(bag.links)):
        if path not in bag.listed:
            faults.append("missing: %s" % path)
            continue
        try:
            digest = digest_of(bag, path)
        except Exception as error:
            faults.append("unreadable: %s (%s)" % (path, error))
            continue
        if digest != expected[path]:
            faults.append("changed: %s" % path)


def resolve(links, path):
    """Return what a path leads to when the links in it are followed."""
    for _hop in range(40):
        names = path.split("/")
        heads = ["/".join(names[: i + 1]) for i in range(len(names))]
        linked = [head for head in heads if head in links]
        if not linked:
            return path
        kept = []
        head = linked[0].split("/")
        for name in head[:-1] + links[linked[0]].split("/") + names[len(head) :]:
            if name == "..":
                kept = kept[:-1]
            elif name not in ("", "."):
                kept.append(name)
        path = "/".join(kept)
    return None


def check_links(bag, receipt, payload, faults):
    """Compare the links with links.csv, and what they lead to with the manifest."""
    folders = {(c["assignment"], c["username"]): c["folder"] for c in receipt["cells"]}
    text = read(bag, "data/links.csv").decode("utf-8")
    expected = {}
    for row in csv.DictReader(io.StringIO(text, newline="")):
        row = {name: value[value[:1] == "'" :] for name, value in row.items()}
        folder = folders.get((row["assignment"], row["username"]), "")
        expected["data/%s/%s" % (folder, row["archive_path"])] = row["target"]
    if not bag.links and expected and os.name == "nt":
        print("Windows made files of the links; check the ZIP itself instead.")
    if bag.links != expected:
        different = set(bag.links.items()) ^ set(expected.items())
        for path in sorted({path for path, _ in different}):
            faults.append("not the link that it was: %s" % path)
    for path in sorted(set(bag.links) & set(payload)):
        if payload.get(resolve(bag.links, path)) != payload[path]:
            faults.append("it leads elsewhere: %s" % path)


def check_sizes(bag, payload, faults):
    """Compare the number of files with what bag-info.txt says."""
    for line in read(bag, "bag-info.txt").decode("utf-8").splitlines():
        label, _, value = line.partition(": ")
        if label == "Payload-Oxum" and int(value.split(".")[1]) != len(payload):
            faults.append(
                "bag-info.txt says %s files, the manifest %d"
                % (value.split(".")[1], len(payload))
            )


def check_receipt(bag, payload, faults):
    """Add up the receipt and compare it with the files that are there."""
    receipt = json.loads(read(bag, "receipt.json").decode("utf-8"))
    sums = receipt["workspaces"]
    counted = dict.fromkeys(STATES, 0)
    for cell in receipt["cells"]:
        counted[cell["state"]] += 1
    for state in STATES:
        if counted[state] != sums[state]:
            faults.append(
                "receipt: %d workspaces are %s, it says %d"
                % (counted[state], state, sums[state])
            )
    if sum(counted.values()) != sums["expected"]:
        faults.append("receipt: the sums do not add up to what was expected")
    digest = digest_of(bag, "manifest-sha256.txt")
    if receipt["manifest_sha256"] != digest:
        faults.append("receipt: it belongs to another manifest")
    check_cells(receipt, payload, faults)
    return receipt


def check_cells(receipt, payload, faults):
    """Compare every workspace of the receipt with its lines of the manifest."""
    lines = {}
    for path, digest in payload.items():
        parts = path.split("/")
        if path.startswith("data/workspaces/") and len(parts) > 4:
            folder = "/".join(parts[1:4])
            inside = "/".join(parts[4:])
            lines.setdefault(folder, []).append("%s  %s\n" % (digest, inside))
    for cell in receipt["cells"]:
        found = lines.pop(cell["folder"], [])
        digest = hashlib.sha256("".join(found).encode("utf-8")).hexdigest()
        if len(found) != cell["files"] or (cell["folder"] and digest != cell["digest"]):
            faults.append(
                "receipt: the workspace of %s in %s is not as it was written"
                % (cell["username"], cell["assignment"])
            )
    for folder in sorted(lines):
        faults.append("receipt: it does not know %s" % folder)


def check(bag):
    """Return what is wrong, and the receipt when it could be read."""
    faults = []
    try:
        payload = read_manifest(bag, "manifest-sha256.txt", faults)
        tags = read_manifest(bag, "tagmanifest-sha256.txt", faults)
        check_digests(bag, {**payload, **tags}, faults)
        listed = set(payload) | set(tags) | {"tagmanifest-sha256.txt"}
        for path in sorted(bag.listed - listed):
            faults.append("not listed: %s" % path)
        for path in bag.strangers:
            faults.append("does not belong here: %s" % path)
        check_sizes(bag, payload, faults)
        receipt = check_receipt(bag, payload, faults)
        check_links(bag, receipt, payload, faults)
        return faults, receipt
    except Exception as error:
        faults.append("cannot be read: %s: %s" % (type(error).__name__, error))
        return faults, None


def main():
    """Check and say what was found."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else here
    try:
        bag = Folder(path) if os.path.isdir(path) else Archive(path)
    except Exception as error:
        print("WRONG  cannot be opened: %s" % error)
        return 1
    faults, receipt = check(bag)
    for fault in faults:
        print("WRONG  " + fault)
    if receipt is not None:
        sums = receipt["workspaces"]
        print("%s, as of %s" % (receipt["title"], receipt["snapshot_at"]))
        print(
            "%d workspaces expected = %d present + %d empty + %d excluded + %d failed"
            % ((sums["expected"],) + tuple(sums[state] for state in STATES))
        )
        totals = receipt["totals"]
        print("%(files)d files, %(bytes)d bytes, %(problems)d problems" % totals)
    if faults:
        print("NOT WHOLE: %d things are wrong." % len(faults))
        return 1
    print("WHOLE: every file is there and unchanged, and the sums add up.")
    print("The signature was not checked; that needs: bookbag verify FILE")
    return 0


if __name__ == "__main__":
    sys.exit(main())
