//! `ROUTES_FILE`: what is sound can be used, and what is not is named by its place without a part of a robot's key.
#![no_main]

use std::collections::HashSet;

use harborbell::config::routes::{Surroundings, read};
use harborbell::model::event::{Event, Operation, ReplicationOutcome};
use harborbell::model::failure_grace::FailureGrace;
use harborbell::model::robot::{LONGEST_MENTIONS, mention};
use harborbell::route::Routing;
use harborbell_fuzz::{KEY, part_of_key, with_key};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let text = with_key(text);
    let url = format!("https://wecom.example.com/cgi-bin/webhook/send?key={KEY}");
    let values = [("RELEASE_URL", url.as_str()), ("RELEASE_KEY", KEY), ("EMPTY", "")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let surroundings =
        Surroundings { values: &values, base_url: "https://wecom.example.com", rate_per_minute: 18, default: None };
    match read(&text, surroundings) {
        Ok((robots, routes)) => check(Routing {
            robots,
            routes,
            notify: vec![ReplicationOutcome::Succeeded, ReplicationOutcome::Failed],
            operations: vec![Operation::Copy, Operation::Delete],
            failure_grace: FailureGrace(0),
        }),
        Err(faults) => {
            assert!(!faults.is_empty());
            for fault in faults {
                assert_eq!(part_of_key(&fault), None, "{fault} of\n{text}");
                let mut place = fault.splitn(3, ':').map(str::parse::<usize>);
                let (line, column) = (place.next().unwrap().unwrap(), place.next().unwrap().unwrap());
                assert!(line <= text.split('\n').count() && line > 0 && column > 0, "{fault}");
            }
        }
    }
});

fn check(routing: Routing) {
    let names: HashSet<_> = routing.robots.iter().map(|robot| &robot.name).collect();
    assert_eq!(names.len(), routing.robots.len());
    let event = |version: &str, outcome| Event {
        outcome,
        project: "mars".into(),
        repository: "mars/mars-api".into(),
        registry: "aliyun-acr".into(),
        description: "阿里仓".into(),
        versions: vec![version.to_owned(), "latest".to_owned()],
        ..Event::default()
    };
    for event in
        [event("v1.2.3", ReplicationOutcome::Succeeded), event("", ReplicationOutcome::Failed), Event::default()]
    {
        for addressee in routing.addressees(&event) {
            assert!(names.contains(&addressee.robot));
            let bytes: usize = addressee.mentions.iter().map(|person| mention(person).len() + 1).sum();
            assert!(bytes <= LONGEST_MENTIONS, "{bytes} bytes of mentions");
        }
    }
}
