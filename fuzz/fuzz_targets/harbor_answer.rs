//! What Harbor's API answers: `{"rule", "execution", "task", "log", "repository", "version"}`, or anything else that it
//! lists.
#![no_main]

use harborbell::harbor::answers::{Execution, Policy, SystemInfo, Task, WebhookExecution, WebhookPolicy, WebhookTask};
use harborbell::harbor::pattern::matches;
use harborbell::harbor::rebuild::{host, is_about, of_rule, webhook};
use harborbell::harbor::{log, rebuild};
use harborbell::model::harbor::read;
use harborbell_fuzz::{NOW, check_webhook};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, from_value};

fuzz_target!(|answer: &[u8]| {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return };
    let items = answer.as_array().cloned().unwrap_or_else(|| vec![answer.clone()]);
    items.into_iter().for_each(alone);

    let rule = from_value::<Policy>(answer["rule"].clone()).ok();
    let text = |name: &str| answer[name].as_str().unwrap_or_default();
    if let Some(rule) = &rule {
        expected(rule, text("repository"), text("version"));
    }
    let execution = from_value::<Execution>(answer["execution"].clone()).unwrap_or_default();
    let task = from_value::<Task>(answer["task"].clone()).unwrap_or_default();
    let log = answer["log"].as_str().map(log::read);
    let _ = is_about(&task, text("repository"));
    let of_rule = of_rule("harbor.example.com", rule.as_ref());
    assert!(of_rule.versions.is_empty());
    for digest_only in [false, true] {
        let told = webhook(
            &rebuild::host("https://harbor.example.com"),
            rule.as_ref(),
            &execution,
            &task,
            log.as_ref(),
            digest_only,
        );
        if let Some((webhook, payload)) = told
            && task.end_time.is_some()
        {
            check_webhook(&webhook);
            let again = read(&payload, NOW, digest_only).unwrap();
            assert_eq!(again, harborbell::model::harbor::Reading::Event(Box::new(webhook)), "{payload}");
        }
    }
});

/// Each of the things that are listed.
fn alone(item: Value) {
    if let Ok(system) = from_value::<SystemInfo>(item.clone()) {
        assert!(!host(&system.external_url).contains(':'));
    }
    if let Ok(execution) = from_value::<Execution>(item.clone()) {
        assert!(!execution.failed_silently() || execution.has_ended());
    }
    if let Ok(rule) = from_value::<Policy>(item.clone()) {
        let _ = (rule.created_at(), rule.trigger_type().len());
        assert!(rule.remote().is_none_or(|remote| remote.id > 0));
        expected(&rule, "mars/mars-api", "v1.2.3");
    }
    if let Ok(policy) = from_value::<WebhookPolicy>(item.clone()) {
        let _ = (policy.sends_replications(), policy.addresses().count());
        assert!(!format!("{policy:?}").contains("auth_header"));
    }
    if let Ok(sent) = from_value::<WebhookExecution>(item.clone()) {
        assert!(sent.replication().is_none() || sent.payload().is_some());
    }
    let _ = from_value::<WebhookTask>(item);
}

fn expected(rule: &Policy, repository: &str, version: &str) {
    let may = rule.may_replicate(repository);
    assert!(may || !rule.may_replicate_version(repository, version));
    let names = rule.filters.iter().filter(|filter| filter.kind == "name");
    // A pattern to which there is no answer may be followed anywhere.
    let is_known = names.filter_map(|filter| filter.value.as_str()).all(|name| matches(name, repository).is_some());
    // Every repository has a project.
    let is_repository = repository.contains('/');
    if let Some(projects) = rule.only_projects().filter(|_| may && is_known && is_repository) {
        let project = repository.split('/').next().unwrap_or_default();
        assert!(projects.iter().any(|only| only == project), "{repository} in {projects:?} of {rule:?}");
    }
}
