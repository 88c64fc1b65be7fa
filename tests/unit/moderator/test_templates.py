"""Answers from templates, and what people call themselves in them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.moderator.templates import choose, render, unknown_variables, variables
from tests.judging import facts_of

TEXTS = ("one", "two", "three")


def said(template: str, **fields: Any) -> str:
    """`template` for an event with such facts."""
    return render(template, variables(facts_of(**fields)))


def test_all_variables() -> None:
    """Each gap gets its value."""
    text = said(
        "{name}, @{username} at {account}: {link}",
        name="Ana Test",
        username="ana.test",
        account_name="our.shop",
        permalink="https://instagram.test/p/1",
    )
    assert text == "Ana Test, @ana.test at our.shop: https://instagram.test/p/1"


def test_default() -> None:
    """A gap says something else where nothing is known, or nothing at all."""
    nobody = {"name": None, "username": None}
    assert said("Hi {name|there}!", **nobody) == "Hi there!"
    assert said("Hi {name}!", **nobody) == "Hi !"
    assert said("{name}", **nobody) == ""
    assert said("Hi {name|}", **nobody) == "Hi"


def test_at_sign() -> None:
    """A handle has no sign of its own, so that the template may put one."""
    assert said("@{username}", username="@ana.test") == "@ana.test"


def test_no_template_in_names() -> None:
    """What people call themselves is not read as a template."""
    assert said("Hi {name|you}", name="{username}", username="ana") == "Hi you"
    assert render("{name}", {"name": "{username}", "username": "x"}) == "{username}"


@pytest.mark.parametrize(
    "name",
    ["see https://evil.test", "evil.test", "@rival", "#win", "WWW evil", "a\\b", "<b>", "a:b"],
)
def test_no_advertising(name: str) -> None:
    """We spread nobody's links, and call nobody, because of how somebody calls himself."""
    assert said("Hi {name|there}", name=name) == "Hi there"


def test_names_are_tidy() -> None:
    """One line, nothing unseen, not endless."""
    assert said("{name}", name=" Ana\n\n\u202eTest\x00 ") == "Ana Test"
    assert said("{name}", name="\ud800Ana") == "Ana"
    assert len(said("{name}", name="x" * 5000)) == 100
    family = "\U0001f468\u200d\U0001f469"
    assert said("{name}", name=family) == family


def test_unknown_variables() -> None:
    """Slips are found before anything is sent."""
    assert unknown_variables("{name|x} {usrname} {price|1} {price}") == ["price", "usrname"]
    assert unknown_variables("no gaps, { not one }") == []


def test_same_variant_for_a_person() -> None:
    """Repeated, it says the same; people, and rules, differ."""
    people = [str(number) for number in range(100)]
    chosen = [choose(TEXTS, person, "price") for person in people]
    assert chosen == [choose(TEXTS, person, "price") for person in people]
    assert set(chosen) == set(TEXTS)
    assert chosen != [choose(TEXTS, person, "hours") for person in people]


def test_variant_is_the_same_everywhere() -> None:
    """Fixed by what is stored, not by the process."""
    chosen = [choose(TEXTS, str(number), "price") for number in range(6)]
    assert chosen == ["one", "two", "three", "two", "three", "two"]


@given(template=st.text(max_size=60), name=st.text(max_size=200), link=st.text(max_size=50))
def test_never_raises(template: str, name: str, link: str) -> None:
    """Whatever the template, and whatever people call themselves."""
    said(template, name=name, permalink=link)
    choose((template, name), name, link)
