use proptest::prelude::*;

use super::*;

fn line(seq: i64, previous_hash: &str) -> AuditLine {
    let mut line = AuditLine {
        seq,
        id: format!("evt_{seq}"),
        org: (seq % 2 == 0).then(|| "org_1".to_owned()),
        box_id: None,
        at_ms: 1_764_000_000_000 + seq,
        actor: "admin".to_owned(),
        action: "user.added".to_owned(),
        reason: "asked for by API".to_owned(),
        detail: r#"{"name":"ada"}"#.to_owned(),
        address: Some("::1".to_owned()),
        outcome: "ok".to_owned(),
        previous_hash: previous_hash.to_owned(),
        hash: String::new(),
    };
    line.hash = hash(&line);
    line
}

/// Lines 1 and 2 are older than the chain, 3 to 8 are in it.
fn log() -> Vec<AuditLine> {
    let mut lines: Vec<AuditLine> = (1..=2).map(|seq| line(seq, "")).collect();
    lines.iter_mut().for_each(|old| old.hash.clear());
    let mut previous = String::new();
    for seq in 3..=8 {
        let next = line(seq, &previous);
        previous.clone_from(&next.hash);
        lines.push(next);
    }
    lines
}

/// Number of the line at which a check stops, and why.
fn fault(lines: &[AuditLine], has_gaps: bool) -> Option<(i64, Fault)> {
    let mut chain = Chain::new(has_gaps);
    lines.iter().find_map(|line| chain.check(line).err().map(|fault| (line.seq, fault)))
}

#[test]
fn a_log_as_it_was_written_passes() {
    let lines = log();
    let mut chain = Chain::new(false);
    lines.iter().for_each(|line| chain.check(line).unwrap());
    let last_hash = Some(lines[7].hash.clone());
    let summary =
        Summary { lines: 8, unchained: 2, first: Some(1), last: Some(8), last_hash, is_complete: true };
    assert_eq!(chain.summary(), summary);
}

#[test]
fn a_change_of_any_field_is_seen_in_its_line() {
    let changes: [fn(&mut AuditLine); 13] = [
        |line| line.id.push('x'),
        |line| line.org = None,
        |line| line.box_id = Some(String::new()),
        |line| line.at_ms += 1,
        |line| line.actor.push('x'),
        |line| line.action.push('x'),
        |line| line.reason.push('x'),
        |line| line.detail = r#"{ "name":"ada"}"#.to_owned(),
        |line| line.address = None,
        |line| line.outcome = "refused".to_owned(),
        |line| line.previous_hash.push('0'),
        |line| line.hash = line.hash.to_uppercase(),
        |line| line.hash.truncate(10),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for has_gaps in [false, true] {
            let mut lines = log();
            change(&mut lines[3]);
            assert_eq!(fault(&lines, has_gaps), Some((4, Fault::Changed)), "change {number}");
        }
    }
    let mut lines = log();
    lines[3].seq = 5;
    assert_eq!(fault(&lines, false), Some((5, Fault::Gap)));
    assert_eq!(fault(&lines, true), Some((5, Fault::Changed)));
}

#[test]
fn a_line_that_was_hashed_anew_breaks_the_next() {
    let mut lines = log();
    lines[4].actor = "nobody".to_owned();
    lines[4].hash = hash(&lines[4]);
    for has_gaps in [false, true] {
        assert_eq!(fault(&lines, has_gaps), Some((6, Fault::Link)));
    }
}

#[test]
fn a_removed_line_is_missed() {
    for removed in 3..=6 {
        let mut lines = log();
        lines.remove(removed);
        assert_eq!(fault(&lines, false), Some((lines[removed].seq, Fault::Gap)));
    }
    let mut headless = log();
    headless.remove(2);
    assert_eq!(fault(&headless, false), Some((4, Fault::Beginning)));
    // Numbered and hashed anew, the neighbour still knows better.
    let mut closed = log();
    closed.remove(4);
    closed[4].seq = 5;
    closed[4].hash = hash(&closed[4]);
    assert_eq!(fault(&closed, false), Some((5, Fault::Link)));
}

#[test]
fn swapped_and_repeated_lines_are_out_of_order() {
    let mut swapped = log();
    swapped.swap(4, 5);
    assert_eq!(fault(&swapped, false), Some((6, Fault::Gap)));
    assert_eq!(fault(&swapped, true), Some((5, Fault::Order)));
    let mut repeated = log();
    repeated.insert(5, repeated[4].clone());
    assert_eq!(fault(&repeated, false), Some((5, Fault::Order)));
}

#[test]
fn a_line_without_a_hash_belongs_before_the_chain() {
    let mut lines = log();
    lines[5].hash.clear();
    assert_eq!(fault(&lines, false), Some((6, Fault::Bare)));
    // Hashes taken out from the beginning: the chain then begins in its middle.
    let mut lines = log();
    lines[2].hash.clear();
    assert_eq!(fault(&lines, false), Some((4, Fault::Beginning)));
}

#[test]
fn gaps_of_an_orgs_part_are_not_judged_and_everything_else_is() {
    let part: Vec<AuditLine> = log().into_iter().filter(|line| line.org.is_some()).collect();
    assert_eq!(fault(&part, true), None);
    assert_eq!(fault(&part, false), Some((4, Fault::Beginning)));
    let mut unlinked = part;
    unlinked[3].previous_hash.clear();
    unlinked[3].hash = hash(&unlinked[3]);
    assert_eq!(fault(&unlinked, true), Some((8, Fault::Link)));
}

/// Text with everything that is escaped, and much that is not.
fn text() -> impl Strategy<Value = String> {
    let special = prop::char::ranges(std::borrow::Cow::Borrowed(&[
        '\0'..='\u{a0}',
        '"'..='"',
        '\\'..='\\',
        '\u{2028}'..='\u{2029}',
    ]));
    prop::collection::vec(prop_oneof![special, any::<char>()], 0..12).prop_map(String::from_iter)
}

proptest! {
    #[test]
    fn the_canonical_text_is_the_compact_json_of_serde(
        (seq, at_ms) in any::<(i64, i64)>(),
        texts in prop::array::uniform6(text()),
        options in prop::array::uniform3(prop::option::of(text())),
        previous in text(),
    ) {
        let [id, actor, action, reason, detail, outcome] = &texts;
        let [org, box_id, address] = &options;
        let line = Line {
            seq, id, org: org.as_deref(), box_id: box_id.as_deref(), at_ms, actor, action, reason, detail,
            address: address.as_deref(), outcome,
        };
        let array = (seq, id, org, box_id, at_ms, actor, action, reason, detail, address, outcome);
        let expected = format!("{previous}\n{}", serde_json::to_string(&array).unwrap());
        prop_assert_eq!(canonical(&previous, &line), expected);
    }

    #[test]
    fn a_line_survives_its_export(texts in prop::array::uniform6(text()), address in prop::option::of(text())) {
        let mut before = line(3, "");
        [before.id, before.actor, before.action, before.reason, before.detail, before.outcome] = texts;
        before.address = address;
        before.hash = hash(&before);
        let after: AuditLine = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
        prop_assert_eq!(Chain::new(false).check(&after), Ok(()));
    }
}
