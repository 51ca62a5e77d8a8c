"""The filter of the experiments: by mouse and key, from file://, and without it."""

import pytest

pytestmark = pytest.mark.browser

CARD = ".script-cards > .course-card"


@pytest.fixture
def gallery(visit, language):
    visitor = visit()
    visitor.open(f"{language}/gallery/index")
    return visitor


def shown(visitor):
    return visitor.page.eval_on_selector_all(
        CARD,
        """(cards) => cards.filter((card) => card.checkVisibility())
            .map((card) => card.querySelector("a").getAttribute("href"))""",
    )


def test_at_first_every_script_is_shown_and_counted(gallery):
    everything = gallery.page.locator(CARD).count()

    count = gallery.page.inner_text(".gallery-filter output")

    assert len(shown(gallery)) == everything > 4
    assert count.count(str(everything)) == 2


def test_a_title_is_found_as_it_is_typed(gallery):
    gallery.page.fill(".gallery-filter input[type=search]", "lenet")

    assert shown(gallery) == [
        "convolutional-networks/plot_lenet.html",
        "convolutional-networks/plot_lenet_in_the_browser.html",
        "convolutional-networks/plot_lenet_layers.html",
        "convolutional-networks/plot_lenet_plateau.html",
    ]
    assert gallery.page.locator(".gallery-chapter >> visible=true").count() == 1


def test_a_topic_is_found_in_either_language(gallery):
    found = []
    for word in ("卷积", "convolution"):
        gallery.page.fill(".gallery-filter input[type=search]", word)
        found.append({page.partition("/")[0] for page in shown(gallery)})

    assert found[0] == found[1] == {"convolutional-networks", "modern-cnns"}


def test_a_filtered_list_can_be_sent_and_says_when_nothing_matches(gallery):
    gallery.page.fill(".gallery-filter input[type=search]", "lenet")
    gallery.page.check("input[value=time-minutes]")
    chosen, address = shown(gallery), gallery.page.url

    gallery.page.goto("about:blank")
    gallery.page.goto(address)
    again = shown(gallery)
    before = gallery.page.is_visible(".filter-empty")
    gallery.page.fill(".gallery-filter input[type=search]", "no such thing")

    assert again == chosen != []
    assert (before, gallery.page.is_visible(".filter-empty")) == (False, True)


def test_choices_of_one_kind_add_up_and_kinds_narrow(gallery):
    numbers = []
    for value in ("time-minute", "time-minutes", "data-fashion-mnist"):
        gallery.page.check(f"input[value={value}]")
        numbers.append(len(shown(gallery)))

    assert numbers[0] < numbers[1]
    assert shown(gallery) == gallery.page.eval_on_selector_all(
        f"{CARD}:has(.tag-data-fashion-mnist):has(.tag-time-minute, .tag-time-minutes)",
        "(cards) => cards.map((card) => card.querySelector('a').getAttribute('href'))",
    )


def test_the_filter_is_worked_by_keys_alone(gallery):
    keys = gallery.page.keyboard
    first = shown(gallery)[0].partition("/")[0]
    gallery.page.focus(".gallery-filter select")

    keys.press("ArrowDown")
    chosen = shown(gallery)
    gallery.page.focus(".gallery-filter input[type=checkbox]")
    keys.press("Space")
    narrowed = shown(gallery)
    gallery.page.focus(".gallery-filter button")
    keys.press("Enter")
    gallery.page.wait_for_function(
        "() => document.querySelector('.gallery-filter button').disabled"
    )

    assert {page.partition("/")[0] for page in chosen} == {first}
    assert set(narrowed) <= set(chosen)
    assert len(shown(gallery)) == gallery.page.locator(CARD).count()


@pytest.mark.both_languages
def test_the_filter_speaks_the_language_of_the_page(gallery, language):
    text = gallery.page.inner_text(".gallery-filter")

    han = any("\u4e00" <= letter <= "\u9fff" for letter in text)
    assert han is (language == "zh")
    assert ("GPU if present" in text) is (language == "en")


def test_without_javascript_every_script_is_listed(visit, language):
    visitor = visit(java_script_enabled=False)
    visitor.page.goto((visitor.site / language / "gallery/index.html").as_uri())

    assert visitor.page.locator(f"{CARD} >> visible=true").count() > 4
    assert visitor.page.locator(".gallery-filter").count() == 0
