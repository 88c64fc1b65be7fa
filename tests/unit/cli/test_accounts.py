"""What `parley accounts add` refuses before it looks for a database."""

import pytest

from tests.cli import parley

ID = "17841400000000001"
KEY = "9vU8cXoSdQm1lWlzfvwRmkE5rC0M8e5QkqJm3m1p0nE="
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.mark.parametrize(
    ("words", "token", "said"),
    [
        (("instagram", "my.shop", "--login", "instagram"), "IGAA1", "is a number"),
        (("page", "102", "--login", "instagram"), "IGAA1", "Facebook Login only"),
        (("instagram", ID, "--login", "instagram"), "two words", "no token"),
        (("instagram", ID, "--login", "instagram"), "", "no token"),
        (("instagram", ID, "--login", "instagram", "--expires", "2020-01-01"), "IGAA1", "expired"),
        (("instagram", ID, "--login", "instagram", "--token-file", "/nowhere"), "", "be read"),
        (("instagram", ID, "--login", "tiktok"), "IGAA1", "tiktok"),
    ],
)
async def test_refuses(words: tuple[str, ...], token: str, said: str) -> None:
    """What cannot be is wrong usage, and says why."""
    add = ("accounts", "add", *words, "--app", "shop")
    ran = await parley(*add, stdin=token, postgres=NOWHERE, vault_keys=KEY)
    assert ran.code == 2
    assert said in ran.err
