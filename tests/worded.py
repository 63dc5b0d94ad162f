"""Manifests with words in other languages than their own."""

from __future__ import annotations

from habeas.connector import Manifest
from habeas.glossary import Glossary
from habeas.phrases import spoken


def worded(manifest: Manifest, *languages: str) -> Manifest:
    """The same, with made-up words for all that a person reads: ``Rows (da)``."""
    phrases = [one.phrase for one in spoken(manifest)]
    words = {language: {phrase: f"{phrase} ({language})" for phrase in phrases} for language in languages}
    return manifest.model_copy(update={"glossary": Glossary(language=manifest.glossary.language, words=words)})
