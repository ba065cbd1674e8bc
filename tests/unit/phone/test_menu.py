"""What keys mean."""

from channels.phone.menu import Choice, Wish, choices, chosen, chosen_language
from tests.support.phone_calls import CATEGORIES, voice_settings


def test_keys_go_by_the_order_of_the_categories_and_the_others_have_their_own() -> None:
    menu = choices(voice_settings(categories=CATEGORIES, ask_reference=True), callback=True)
    assert menu == (
        Choice("1", Wish.CATEGORY, "fault"),
        Choice("2", Wish.CATEGORY, "bill"),
        Choice("8", Wish.CALLBACK),
        Choice("9", Wish.REFERENCE),
    )
    assert [chosen(menu, digits) for digits in ("2", "3", "", "11")] == [menu[1], None, None, None]


def test_there_is_no_menu_where_there_is_nothing_to_choose() -> None:
    assert choices(voice_settings(), callback=False) == ()


def test_languages_have_the_keys_of_their_order() -> None:
    assert [chosen_language(("es", "en"), digits) for digits in ("1", "2", "3", "0", "")] == [
        "es",
        "en",
        None,
        None,
        None,
    ]
