//! Making, finding and listing boxes.

use smartbox_core::{Desired, Kind, Observed, Phase, Stage};
use smartbox_store::{BoxFilter, Cursor, Error, NewSmartbox, OperationKind, PAGE_MAX};

use crate::support::{World, at, box_id, create, new_box, org_id, seen};

#[tokio::test]
async fn a_new_box_is_there_with_everything_it_was_given() {
    let world = World::new().await;
    let (made, operation) =
        create(&world.org, NewSmartbox { kind: Kind::Project, ..new_box("first") }).await.unwrap();

    assert_eq!(made.org, world.org.id());
    assert_eq!((made.name.as_str(), made.kind, made.tier.as_str()), ("first", Kind::Project, "standard-1"));
    assert_eq!((made.version, made.generation, made.desired), (1, 1, Desired::Running));
    assert_eq!((made.created_at, made.phase()), (at(1), Phase::Requested));
    assert_eq!((&made.observed, made.observed_at, made.was_seen), (&Observed::Absent, None, false));
    assert_eq!((made.failures, made.retry_at, made.last_error.clone()), (0, None, None));
    assert_eq!((operation.kind, operation.box_id), (OperationKind::Create, made.id));
    assert_eq!((operation.target.desired, operation.target.generation), (Desired::Running, 1));

    assert_eq!(world.org.find_box(made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(world.org.find_box_by_name(&made.name).await.unwrap().as_ref(), Some(&made));
    assert_eq!(world.fleet.find_box(made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(world.org.find_operation(operation.id).await.unwrap(), Some(operation));
    let timeline = world.org.timeline(made.id, None, 10).await.unwrap();
    assert_eq!(timeline.items[0].action, "box.created");
}

#[tokio::test]
async fn the_first_box_of_each_org_is_its_default() {
    let world = World::new().await;
    let first = world.create("first").await;
    let second = world.create("second").await;
    let (foreign, _) = create(&world.other, new_box("first")).await.unwrap();

    assert!(first.is_default && !second.is_default && foreign.is_default);
    assert_eq!(world.org.default_box().await.unwrap().unwrap().id, first.id);
    assert_eq!(world.other.default_box().await.unwrap().unwrap().id, foreign.id);
}

#[tokio::test]
async fn a_name_is_unique_in_its_org_and_free_in_another() {
    let world = World::new().await;
    world.create("home").await;
    assert!(matches!(create(&world.org, new_box("home")).await, Err(Error::NameTaken)));
    create(&world.other, new_box("home")).await.unwrap();
}

#[tokio::test]
async fn an_unknown_tier_or_org_makes_nothing() {
    let world = World::new().await;
    let unknown_tier = NewSmartbox { tier: "huge".into(), ..new_box("one") };
    assert!(matches!(create(&world.org, unknown_tier).await, Err(Error::UnknownTier)));
    let nobody = world.store.org(org_id());
    assert!(matches!(create(&nobody, new_box("one")).await, Err(Error::NotFound("org"))));
    assert!(world.fleet.all_boxes().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_box_that_fails_to_be_made_leaves_nothing_behind() {
    let world = World::new().await;
    let existing = world.create("one").await;
    // The same id again: refused by the database itself, after the checks.
    let again = NewSmartbox { id: existing.id, ..new_box("two") };
    let id = again.id;
    let refused = create(&world.org, again).await.unwrap_err();

    assert!(matches!(refused, Error::Conflict(_)));
    assert!(refused.is_expected());
    assert_eq!(world.org.timeline(id, None, 10).await.unwrap().items.len(), 1);
    // Neither its uid slot nor its name is used up.
    assert_eq!(world.create("two").await.uid_slot, existing.uid_slot + 1);
}

#[tokio::test]
async fn a_tier_holds_as_many_running_boxes_as_it_has_places_over_all_orgs() {
    let world = World::new().await;
    let small = |name: &str| NewSmartbox { tier: "standard-3".into(), ..new_box(name) };
    for n in 0..4 {
        create(&world.org, small(&format!("box-{n}"))).await.unwrap();
    }
    let (last, _) = create(&world.other, small("last")).await.unwrap();
    assert!(matches!(create(&world.org, small("more")).await, Err(Error::TierFull { max: 5 })));

    let delete = crate::support::intent(Desired::Deleted);
    let event = crate::support::event("box.deleted");
    world.other.change_intent(last.id, delete, None, None, event, at(2)).await.unwrap();
    let (more, _) = create(&world.org, small("more")).await.unwrap();

    // One that sleeps or is stopped takes no place, until it wants to run again.
    world.want(more.id, Desired::Asleep).await;
    let stopped = NewSmartbox { desired: Desired::Stopped, ..small("stopped") };
    create(&world.org, stopped).await.unwrap();
    let (other, _) = create(&world.other, small("other")).await.unwrap();
    let wake = crate::support::intent(Desired::Running);
    let event = || crate::support::event("box.woken");
    let full = world.org.change_intent(more.id, wake, None, None, event(), at(3)).await;
    assert!(matches!(full, Err(Error::TierFull { max: 5 })), "{full:?}");
    let sleep = crate::support::intent(Desired::Asleep);
    world.other.change_intent(other.id, sleep, None, None, event(), at(4)).await.unwrap();
    world.org.change_intent(more.id, wake, None, None, event(), at(5)).await.unwrap();
}

#[tokio::test]
async fn no_two_boxes_share_a_range_of_user_ids() {
    let world = World::new().await;
    let one = world.create("one").await;
    let two = world.create("two").await;
    assert_ne!(one.uid_slot, two.uid_slot);

    world.want(two.id, Desired::Deleted).await;
    world.fleet.forget_box(two.id, |_| crate::support::event("box.forgotten"), at(9)).await.unwrap();
    let three = world.create("three").await;
    assert!(three.uid_slot > two.uid_slot, "a range rests after its box is gone");
}

#[tokio::test]
async fn a_list_shows_every_box_once_over_its_pages() {
    let world = World::new().await;
    let mut made = Vec::new();
    for n in 0..7 {
        made.push(world.create(&format!("box-{n}")).await.id);
    }
    create(&world.other, new_box("foreign")).await.unwrap();

    let mut listed = Vec::new();
    let mut cursor: Option<Cursor> = None;
    let mut pages = 0;
    loop {
        let page = world.org.list_boxes(&BoxFilter::default(), cursor.as_ref(), 3).await.unwrap();
        listed.extend(page.items.iter().map(|smartbox| smartbox.id));
        pages += 1;
        // As it travels through a request.
        cursor = page.next.map(|next| next.to_string().parse().unwrap());
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((listed, pages), (made, 3));
    assert_eq!(world.fleet.list_boxes(&BoxFilter::default(), None, 100).await.unwrap().items.len(), 8);
    assert_eq!(world.fleet.all_boxes().await.unwrap().len(), 8);
}

#[tokio::test]
async fn a_page_that_is_exactly_full_is_the_last_one() {
    let world = World::new().await;
    for n in 0..3 {
        world.create(&format!("box-{n}")).await;
    }
    let page = world.org.list_boxes(&BoxFilter::default(), None, 3).await.unwrap();
    assert_eq!((page.items.len(), page.next), (3, None));
    let none_asked = world.org.list_boxes(&BoxFilter::default(), None, 0).await.unwrap();
    assert_eq!(none_asked.items.len(), 1, "a limit of zero would never end");
    assert!(
        world.org.list_boxes(&BoxFilter::default(), None, u32::MAX).await.unwrap().items.len()
            <= PAGE_MAX as usize
    );
}

#[tokio::test]
async fn a_list_is_filtered_by_phase_and_by_the_start_of_the_name() {
    let world = World::new().await;
    let ready = world.create("web-1").await;
    let starting = world.create("web-2").await;
    let deleted = world.create("db").await;
    world.fleet.record_observation(ready.id, &seen(Observed::Ready), None, at(2)).await.unwrap();
    let stage = Observed::Starting { stage: Stage::Volume };
    world.fleet.record_observation(starting.id, &seen(stage), None, at(2)).await.unwrap();
    world.want(deleted.id, Desired::Deleted).await;

    let listed = async |phases: &[Phase], prefix: Option<&str>, limit: u32| {
        let filter = BoxFilter {
            phases: phases.to_vec(),
            name_prefix: prefix.map(Into::into),
            only: None,
            selector: None,
        };
        let page = world.org.list_boxes(&filter, None, limit).await.unwrap();
        let names: Vec<String> = page.items.iter().map(|smartbox| smartbox.name.to_string()).collect();
        (names.join(" "), page.next.is_some())
    };
    assert_eq!(listed(&[Phase::Running], None, 9).await, ("web-1".into(), false));
    assert_eq!(listed(&[Phase::Starting, Phase::Deleting], None, 9).await, ("web-2 db".into(), false));
    assert_eq!(listed(&[Phase::Starting, Phase::Deleting], None, 1).await, ("web-2".into(), true));
    assert_eq!(listed(&[], Some("web-"), 9).await, ("web-1 web-2".into(), false));
    assert_eq!(listed(&[], Some("%"), 9).await, (String::new(), false));
    assert_eq!(listed(&[], None, 9).await, ("web-1 web-2 db".into(), false));
}

#[tokio::test]
async fn a_box_is_found_behind_more_than_a_page_of_others() {
    let world = World::new().await;
    world.tamper("update tiers set boxes_max = 1000").await;
    let first = world.create("first").await;
    for n in 0..PAGE_MAX + 10 {
        world.create(&format!("box-{n}")).await;
    }
    let last = world.create("last").await;
    world.tamper("update boxes set observed = 'ready' where name in ('first', 'last')").await;

    let filter = BoxFilter { phases: vec![Phase::Running], name_prefix: None, only: None, selector: None };
    let page = world.org.list_boxes(&filter, None, 1).await.unwrap();
    assert_eq!(page.items.iter().map(|smartbox| smartbox.id).collect::<Vec<_>>(), [first.id]);
    let page = world.org.list_boxes(&filter, page.next.as_ref(), 1).await.unwrap();
    assert_eq!(page.items.iter().map(|smartbox| smartbox.id).collect::<Vec<_>>(), [last.id]);
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn a_cursor_of_another_list_or_noise_is_refused() {
    let world = World::new().await;
    let made = world.create("one").await;
    world.want(made.id, Desired::Stopped).await;
    let of_events = world.org.timeline(made.id, None, 1).await.unwrap().next.unwrap();
    let of_boxes: Cursor = box_id().to_string().parse().unwrap();

    let filter = BoxFilter::default();
    assert!(matches!(world.org.list_boxes(&filter, Some(&of_events), 1).await, Err(Error::BadCursor)));
    assert!(matches!(world.org.timeline(made.id, Some(&of_boxes), 1).await, Err(Error::BadCursor)));
    for noise in ["", "a b", "ä", &"x".repeat(65), "a\nb"] {
        assert!(noise.parse::<Cursor>().is_err(), "{noise:?}");
    }
}

#[tokio::test]
async fn places_of_a_tier_that_are_meant_to_run_are_counted() {
    let world = World::new().await;
    let one = world.create("one").await;
    let two = world.create("two").await;
    create(&world.other, new_box("three")).await.unwrap();
    world.want(two.id, Desired::Stopped).await;

    assert_eq!(world.fleet.running_in_tier("standard-1", None).await.unwrap(), 2);
    assert_eq!(world.fleet.running_in_tier("standard-1", Some(one.id)).await.unwrap(), 1);
    assert_eq!(world.fleet.running_in_tier("standard-2", None).await.unwrap(), 0);
}

#[tokio::test]
async fn a_new_store_has_the_default_tiers() {
    let world = World::new().await;
    assert_eq!(world.fleet.tiers().await.unwrap(), smartbox_core::tier::defaults());
    assert_eq!(world.fleet.tier("standard-2").await.unwrap().unwrap().boxes_max, 10);
    assert_eq!(world.fleet.tier("standard-9").await.unwrap(), None);
}
