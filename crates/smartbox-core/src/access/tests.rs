use jiff::Timestamp;

use super::*;
use crate::id::SupportId;

fn org(n: u8) -> OrgId {
    OrgId::from_parts(Timestamp::UNIX_EPOCH, [n; 10])
}

fn user(role: Role) -> Principal {
    Principal::user(UserId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]), org(1), role)
}

#[test]
fn things_of_another_org_do_not_exist_whatever_the_role() {
    for role in Role::ALL {
        for permission in Permission::ALL {
            assert_eq!(user(role).check(permission, org(2)), Err(Refused::Unseen));
        }
    }
}

#[test]
fn the_platforms_admin_may_do_everything_everywhere() {
    for permission in Permission::ALL {
        assert_eq!(Principal::Admin.check(permission, org(7)), Ok(()));
    }
}

#[test]
fn a_stronger_role_may_do_all_that_a_weaker_one_may() {
    for pair in Role::ALL.windows(2) {
        assert!(pair[1].permissions().includes(pair[0].permissions()), "{pair:?}");
    }
}

#[test]
fn a_viewer_only_looks() {
    let viewer = user(Role::Viewer);
    assert_eq!(viewer.check(Permission::BoxesRead, org(1)), Ok(()));
    for permission in Permission::ALL.into_iter().skip(1) {
        assert_eq!(viewer.check(permission, org(1)), Err(Refused::Lacks(permission)));
    }
}

#[test]
fn an_operator_neither_administers_gateways_nor_people() {
    use Permission::{AuditRead, BoxesAdminister, BoxesManage, PeopleManage};
    for permission in [BoxesManage, BoxesAdminister, PeopleManage, AuditRead] {
        assert!(!Role::Operator.permissions().has(permission), "{permission}");
    }
}

#[test]
fn nobody_makes_somebody_stronger_than_themselves() {
    for own in Role::ALL {
        for other in Role::ALL {
            assert_eq!(user(own).may_assign(other), own >= Role::Admin && other <= own, "{own} {other}");
        }
    }
}

#[test]
fn words_parse_back_and_others_are_refused() {
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(role));
    }
    for permission in Permission::ALL {
        assert_eq!(permission.as_str().parse(), Ok(permission));
    }
    for bad in ["", "Owner", "root", "boxes:", "boxes:read "] {
        assert!(bad.parse::<Role>().is_err() && bad.parse::<Permission>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_set_holds_what_was_put_into_it() {
    for permission in Permission::ALL {
        let set: Permissions = [permission].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [permission]);
        assert!(Permissions::ALL.includes(set) && !Permissions::NONE.includes(set));
        assert_eq!(Permissions::ALL.and(set), set);
    }
}

#[test]
fn support_access_may_no_more_than_the_person_and_never_touches_credentials_or_people() {
    use Permission::{BoxesAdminister, BoxesExec, ModelsManage, ModelsUse, OrgOwn, PeopleManage};
    for role in Role::ALL {
        for level in SupportLevel::ALL {
            let helped = UserId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]);
            let session = SupportId::from_parts(Timestamp::UNIX_EPOCH, [2; 10]);
            let support = Support { session, user: helped, level };
            let caller = Principal::support(support, org(1), role);
            assert!(role.permissions().includes(caller.permissions()), "{role} {level}");
            for never in [BoxesAdminister, BoxesExec, ModelsManage, ModelsUse, OrgOwn, PeopleManage] {
                assert!(!caller.permissions().has(never), "{role} {level} {never}");
            }
            assert_eq!(caller.permissions().has(Permission::BoxesOperate), {
                level == SupportLevel::Act && role >= Role::Operator
            });
            assert_eq!((caller.user_id(), caller.as_support()), (None, Some(support)));
            assert_eq!((caller.actor(), caller.known_as()), ("admin".to_owned(), session.to_string()));
        }
    }
}
