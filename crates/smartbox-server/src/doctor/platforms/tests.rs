use smartbox_store::PlatformLease;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn platform(id: &str, beat: i64, beat_at: i64) -> Platform {
    Platform {
        id: id.to_owned(),
        joined: 1,
        place: "here".to_owned(),
        address: format!("{id}.internal:1"),
        version: "0.1.0".to_owned(),
        joined_at: at(0),
        beat,
        beat_at: at(beat_at),
    }
}

fn seen(platforms: &[Platform], now: i64) -> SeenPlatforms {
    let lease = Some(PlatformLease { holder: None, until: at(now + 5) });
    SeenPlatforms {
        platforms: platforms.to_vec(),
        boxes: platforms.iter().map(|one| (one.id.clone(), 3)).collect(),
        unkept: 0,
        lease,
        maintenance: String::new(),
        database_now: at(now),
    }
}

fn looks(first: &[Platform], second: &[Platform]) -> Looks {
    Looks { first: seen(first, 100), second: seen(second, 102), here: at(102) }
}

fn found<'a>(lines: &'a [Line], name: &str) -> Vec<(&'static str, &'a str)> {
    lines.iter().filter(|line| line.name == name).map(|line| (line.state, line.detail.as_str())).collect()
}

#[test]
fn who_beats_is_alive_the_first_of_them_leads_and_who_does_not_is_lost() {
    let before = [platform("gone", 7, 40), platform("one", 9, 99), platform("two", 3, 99)];
    let after = [platform("gone", 7, 40), platform("one", 11, 101), platform("two", 5, 101)];
    let told = lines(&looks(&before, &after));
    let [(state, detail)] = found(&told, "platform gone")[..] else { panic!("one line") };
    assert!(
        state == "fail"
            && detail.contains("lost: no sign of life since")
            && detail.contains(&at(40).to_string())
    );
    let [(state, detail)] = found(&told, "platform one")[..] else { panic!("one line") };
    assert!(
        state == "ok" && detail.contains("one.internal:1") && detail.ends_with("keeps 3 boxes, leads"),
        "{detail}"
    );
    let [(state, detail)] = found(&told, "platform two")[..] else { panic!("one line") };
    assert!(state == "ok" && !detail.contains("leads"));
    assert!(found(&told, "lease")[0].1.ends_with("platform one leads"));
    assert!(found(&told, "versions").is_empty() && found(&told, "maintenance").is_empty());
    let gone = told.iter().find(|line| line.state == "fail").unwrap();
    assert!(gone.remedy.contains("The others take its boxes over"));
}

#[test]
fn where_nobody_lives_somebody_is_to_be_started() {
    let only = [platform("gone", 7, 40)];
    let told = lines(&looks(&only, &only));
    assert!(told.iter().find(|line| line.state == "fail").unwrap().remedy.contains("smartbox up"));
    assert_eq!(found(&told, "lease")[0].0, "warn");
    let told = lines(&looks(&[], &[]));
    assert_eq!(found(&told, "platforms"), [("ok", "none runs on this database")]);
}

#[test]
fn clocks_that_differ_are_told_of_this_machine_and_of_each_platform() {
    let (before, after) = ([platform("one", 1, 99)], [platform("one", 3, 101 - 30)]);
    let told = lines(&Looks { here: at(102 + 61), ..looks(&before, &after) });
    assert_eq!(found(&told, "clock")[0].0, "fail");
    assert_eq!(
        found(&told, "platform one").iter().map(|(state, _)| *state).collect::<Vec<_>>(),
        ["ok", "warn"]
    );
    let told = lines(&looks(&before, &[platform("one", 3, 101)]));
    assert_eq!(found(&told, "clock")[0].0, "ok");
    assert_eq!(found(&told, "platform one").len(), 1);
}

#[test]
fn versions_that_differ_an_older_platform_boxes_without_a_keeper_and_maintenance_are_told() {
    let before = [platform("one", 1, 99), platform("two", 1, 99)];
    let mut after = [platform("one", 3, 101), platform("two", 3, 101)];
    after[1].version = "0.2.0".to_owned();
    let mut all = looks(&before, &after);
    all.second.unkept = 4;
    all.second.lease = Some(PlatformLease { holder: Some("old-platform".to_owned()), until: at(110) });
    let since = at(50).as_millisecond();
    all.second.maintenance = serde_json::json!({
        "reason": "a new disk", "drain": "sleep", "since_ms": since, "until_ms": null, "by": "admin",
    })
    .to_string();
    let told = lines(&all);
    assert_eq!(found(&told, "versions"), [("warn", "differ: 0.1.0, 0.2.0")]);
    assert!(found(&told, "lease")[0].1.contains("believes itself alone"));
    assert!(found(&told, "boxes")[0].1.starts_with("4 have"));
    let [(state, detail)] = found(&told, "maintenance")[..] else { panic!("one line") };
    assert!(state == "warn" && detail.contains("a new disk") && detail.contains("draining"), "{detail}");
}
