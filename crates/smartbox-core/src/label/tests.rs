use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))).unwrap()
}

fn finds(selector: &str, pairs: &[(&str, &str)]) -> bool {
    selector.parse::<Selector>().unwrap().matches(&labels(pairs))
}

#[test]
fn keys_and_values_are_those_of_kubernetes() {
    for key in ["a", "team", "a.b_c-d", "0", "team.example/stage", &"k".repeat(63)] {
        assert!(Labels::new([(key.to_owned(), String::new())]).is_ok(), "{key}");
    }
    for key in ["", "-a", "a-", "a b", "a/b/c", "/a", "a/", "Team.example/a", "é", "a=b", &"k".repeat(64)] {
        assert!(Labels::new([(key.to_owned(), String::new())]).is_err(), "{key}");
    }
    for value in ["-", "a b", "a,b", "a\n", "(", &"v".repeat(64)] {
        assert!(Labels::new([("a".to_owned(), value.to_owned())]).is_err(), "{value}");
    }
    let many = (0..=LABELS_MAX).map(|n| (format!("k{n}"), String::new()));
    assert_eq!(Labels::new(many), Err(BadLabel::TooMany));
}

#[test]
fn a_change_sets_and_removes_and_leaves_the_rest() {
    let changes = BTreeMap::from([("a".to_owned(), None), ("b".to_owned(), Some("2".to_owned()))]);
    let after = labels(&[("a", "1"), ("b", "1"), ("c", "1")]).patched(&changes).unwrap();
    assert_eq!(after, labels(&[("b", "2"), ("c", "1")]));
}

#[test]
fn each_kind_of_requirement_means_what_it_means_in_kubernetes() {
    let box_a = [("stage", "test"), ("team", "red"), ("empty", "")];
    for (selector, expected) in [
        ("stage=test", true),
        ("stage==test", true),
        ("stage = test", true),
        ("stage=live", false),
        ("nothing=test", false),
        ("stage!=live", true),
        ("stage!=test", false),
        ("nothing!=live", true),
        ("stage", true),
        ("nothing", false),
        ("!nothing", true),
        ("!stage", false),
        ("stage in (test,live)", true),
        ("stage in(live)", false),
        ("stage notin (live, old)", true),
        ("nothing notin (live)", true),
        ("empty=", true),
        ("empty in (,x)", true),
        ("stage=test,team in (red,blue),!nothing", true),
        ("stage=test,team=blue", false),
        ("in", false),
        ("in in (in)", false),
    ] {
        assert_eq!(finds(selector, &box_a), expected, "{selector}");
    }
}

#[test]
fn what_is_no_selector_is_refused() {
    for bad in [
        "",
        "  ",
        ",",
        "a,",
        "a=b,,c",
        "a in",
        "a in x",
        "a in (x",
        "a in x)",
        "a=b=c",
        "a b",
        "!",
        "!a=b",
        "a>1",
        "(a)",
        "a in ((b))",
    ] {
        assert!(bad.parse::<Selector>().is_err(), "{bad}");
    }
    let many = vec!["a"; REQUIREMENTS_MAX + 1].join(",");
    assert_eq!(many.parse::<Selector>(), Err(BadSelector::TooMuch));
    assert_eq!("a".repeat(SELECTOR_BYTES_MAX + 1).parse::<Selector>(), Err(BadSelector::TooMuch));
}

fn key() -> impl Strategy<Value = String> {
    "[a-c]|in|notin|[a-z]{1,3}\\.[a-z]{1,3}/[A-Za-z0-9]{1,4}"
}

fn value() -> impl Strategy<Value = String> {
    "[x-z]?|[A-Za-z0-9]([A-Za-z0-9._-]{0,5}[A-Za-z0-9])?"
}

fn part() -> impl Strategy<Value = String> {
    let values = || prop::collection::vec(value(), 1..4).prop_map(|values| values.join(","));
    prop_oneof![
        key(),
        key().prop_map(|key| format!("!{key}")),
        (key(), value()).prop_map(|(key, value)| format!("{key}={value}")),
        (key(), value()).prop_map(|(key, value)| format!("{key} != {value}")),
        (key(), values()).prop_map(|(key, values)| format!("{key} in ({values})")),
        (key(), values()).prop_map(|(key, values)| format!("{key}  notin({values})")),
    ]
}

fn some_labels() -> impl Strategy<Value = Labels> {
    prop::collection::btree_map("[a-c]", "[x-z]?", 0..4).prop_map(|map| Labels::new(map).unwrap())
}

proptest! {
    #[test]
    fn what_a_selector_prints_means_the_same(parts in prop::collection::vec(part(), 1..6), on in some_labels()) {
        let read: Selector = parts.join(" , ").parse().unwrap();
        let again: Selector = read.to_string().parse().unwrap();
        prop_assert_eq!(again.to_string(), read.to_string());
        prop_assert_eq!(again.matches(&on), read.matches(&on));
        prop_assert_eq!(again, read);
    }

    #[test]
    fn a_requirement_and_its_opposite_never_both_hold(key in "[a-c]", value in "[x-z]", on in some_labels()) {
        for (one, other) in [
            (format!("{key}={value}"), format!("{key}!={value}")),
            (key.clone(), format!("!{key}")),
            (format!("{key} in ({value},y)"), format!("{key} notin ({value},y)")),
        ] {
            let holds = |text: &str| text.parse::<Selector>().unwrap().matches(&on);
            prop_assert_ne!(holds(&one), holds(&other), "{} {}", one, other);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[a(),!= \\n]{0,30}") {
        if let Ok(selector) = text.parse::<Selector>() {
            prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
        }
    }
}
