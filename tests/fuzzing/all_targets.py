"""All targets; importing this module is what the fuzzer watches."""

from tests.fuzzing import archives, texts

TARGETS = {target.name: target for target in (*archives.TARGETS, *texts.TARGETS)}
