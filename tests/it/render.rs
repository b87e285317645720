//! What people read, and that nothing in it acts.

use harborbell::model::delivery::{Due, LARGEST_DIGEST, Notice};
use harborbell::model::event::{Event, Operation, ReplicationOutcome};
use harborbell::model::robot::Format;
use harborbell::render::{Renderer, text};
use insta::assert_snapshot;
use proptest::collection::vec;
use proptest::prelude::*;
use rstest::rstest;

use crate::support::renderer;

/// 2024-11-23 16:00:00 in Shanghai.
const NOW: i64 = 1_732_348_800_000;

fn event(repository: &str, version: &str, description: &str) -> Event {
    Event {
        outcome: ReplicationOutcome::Succeeded,
        harbor_host: "harbor.example.com".into(),
        project: "mars".into(),
        repository: repository.into(),
        versions: vec![version.into()],
        registry: "aliyun-acr".into(),
        description: description.into(),
        execution_timestamp: 1_732_346_947,
        execution_id: 815,
        occurred_at: 1_732_347_103_000,
        ..Event::default()
    }
}

fn api() -> Event {
    event("mars/mars-api", "v1.2.3", "阿里仓")
}

fn failed(event: Event) -> Event {
    Event { outcome: ReplicationOutcome::Failed, ..event }
}

fn notice(event: Event) -> Notice {
    Notice { event, after_failure: false, mentions: Vec::new() }
}

fn message(renderer: &Renderer, events: &[Notice]) -> String {
    renderer.render(&events.iter().collect::<Vec<_>>(), NOW, Format::Markdown).content
}

fn zh() -> std::sync::Arc<Renderer> {
    renderer(&[("HARBOR_URL", "https://harbor.example.com/")])
}

#[test]
fn a_success() {
    assert_snapshot!(message(&zh(), &[notice(api())]), @r#"
    **镜像入仓** <font color="info">成功</font> 阿里仓
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 时间：2024-11-23 15:31:43（用时 2 分 36 秒）
    "#);
}

#[test]
fn a_failure() {
    assert_snapshot!(message(&zh(), &[notice(failed(event("mars/mars-api", "v1.2.3", "华为仓")))]), @r#"
    **镜像入仓** <font color="warning">失败</font> 华为仓
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 时间：2024-11-23 15:31:43
    > [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/815/tasks)
    "#);
}

#[test]
fn a_failure_as_text() {
    let notice = Notice {
        mentions: vec!["zhangsan".into(), "@all".into()],
        ..notice(failed(event("mars/mars-api", "v1.2.3", "华为仓")))
    };
    let packed = zh().render(&[&notice], NOW, Format::Text);
    assert_eq!(packed.mentions, ["zhangsan", "@all"]);
    assert_snapshot!(packed.content, @r"
    镜像入仓 失败 华为仓
    镜像：mars/mars-api
    版本：v1.2.3
    时间：2024-11-23 15:31:43
    查看 Harbor 执行记录 https://harbor.example.com/harbor/replications/815/tasks
    ");
}

#[test]
fn a_digest_as_text_links_each_of_its_failures() {
    let events = three();
    assert_snapshot!(zh().render(&events.iter().collect::<Vec<_>>(), NOW, Format::Text).content, @r"
    镜像入仓 成功 2，失败 1
    失败 华为仓
    - mars/mars-web v2.0.0 15:31:50 https://harbor.example.com/harbor/replications/815/tasks
    成功 阿里仓
    - mars/mars-api v1.2.3 15:31:43
    - mars/mars-web v2.0.0 15:31:49
    ");
}

/// Each person once, at the end; Markdown has nothing that calls everybody.
#[test]
fn mentions_stand_at_the_end_of_a_digest() {
    let calling =
        |people: &[&str]| Notice { mentions: people.iter().map(|who| (*who).to_owned()).collect(), ..notice(api()) };
    let content = message(&zh(), &[calling(&["zhangsan", "lisi"]), calling(&[]), calling(&["lisi", "@all", "wangwu"])]);
    assert_eq!(content.lines().last(), Some("<@zhangsan> <@lisi> <@wangwu>"), "{content}");
    assert_eq!(content.matches("<@").count(), 3);
}

fn three() -> Vec<Notice> {
    let at = |event: Event, occurred_at| Event { occurred_at, ..event };
    vec![
        notice(api()),
        notice(at(event("mars/mars-web", "v2.0.0", "阿里仓"), 1_732_347_109_000)),
        notice(failed(at(event("mars/mars-web", "v2.0.0", "华为仓"), 1_732_347_110_000))),
    ]
}

#[test]
fn a_digest_links_each_of_its_failures() {
    assert_snapshot!(message(&zh(), &three()), @r#"
    **镜像入仓** 成功 2，失败 1
    <font color="warning">失败</font> 华为仓
    > `mars/mars-web` `v2.0.0` 15:31:50 [记录](https://harbor.example.com/harbor/replications/815/tasks)
    <font color="info">成功</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    > `mars/mars-web` `v2.0.0` 15:31:49
    "#);
}

#[test]
fn a_digest_in_english() {
    let mut events = three();
    events.push(Notice { after_failure: true, ..notice(Event { occurred_at: 1_732_247_103_000, ..api() }) });
    let settings =
        [("MESSAGE_LANGUAGE", "en"), ("TIMEZONE", "Europe/Berlin"), ("HARBOR_URL", "https://harbor.example.com")];
    assert_snapshot!(message(&renderer(&settings), &events), @r#"
    **Image replication** 3 succeeded, 1 failed
    <font color="warning">failed</font> 华为仓
    > `mars/mars-web` `v2.0.0` 08:31:50 [record](https://harbor.example.com/harbor/replications/815/tasks)
    <font color="info">succeeded</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 08:31:43
    > `mars/mars-web` `v2.0.0` 08:31:49
    <font color="info">succeeded after a retry</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 2024-11-22 04:45:03
    "#);
}

#[test]
fn a_success_after_a_failure_of_an_unknown_version_without_a_description() {
    let event = Event { versions: vec![], description: String::new(), execution_timestamp: 1_732_336_000, ..api() };
    assert_snapshot!(message(&zh(), &[Notice { after_failure: true, ..notice(event) }]), @r#"
    **镜像入仓** <font color="info">重试后成功</font> aliyun-acr
    > 镜像：`mars/mars-api`
    > 版本：未知
    > 时间：2024-11-23 15:31:43（用时 3 小时 5 分 3 秒）
    "#);
}

#[test]
fn an_event_of_many_versions_is_cut_between_two_of_them() {
    let versions: Vec<_> = (0..300).map(|number| format!("v1.0.{number}-build.20241123")).collect();
    let content = message(&zh(), &[notice(Event { versions, ..api() })]);
    assert!(content.len() <= 4_096 && content.len() > 4_096 - 40, "{}", content.len());
    let shown = content.matches("-build.20241123`").count();
    assert!(content.contains(&format!(" … 另有 {} 个版本\n", 300 - shown)), "{content}");
}

/// Tens of thousands of versions fit into one webhook; they must neither stop nor slow the renderer.
#[test]
fn an_event_of_forty_thousand_versions_is_told_like_any_other() {
    let versions: Vec<_> = (0..40_000).map(|number| format!("v{number}")).collect();
    let giant = Event { versions, ..api() };
    let content = message(&zh(), &[notice(giant.clone()), notice(api())]);
    assert!(content.contains("`v0` `v1`") && content.contains(" 个版本"), "{content}");
    let digest = zh().render(&[&notice(api()), &notice(api()), &notice(giant)], NOW, Format::Markdown);
    assert_eq!(digest.deliveries, 2, "the giant is told alone");
}

#[test]
fn what_a_payload_says_cannot_act() {
    let nasty = "<@all> <font color=\"warning\">[x](http://evil.example) **b** `c`\nnext\u{202e}line";
    assert_snapshot!(message(&zh(), &[notice(event(nasty, nasty, nasty))]), @r#"
    **镜像入仓** <font color="info">成功</font> ＜@all＞ ＜font color="warning"＞［x］(http：//evil.example) ＊＊b＊＊ 'c' nextline
    > 镜像：`＜@all＞ ＜font color="warning"＞[x](http://evil.example) **b** 'c' nextline`
    > 版本：`＜@all＞ ＜font color="warning"＞[x](http://evil.example) **b** 'c' nextline`
    > 时间：2024-11-23 15:31:43（用时 2 分 36 秒）
    "#);
}

const CUSTOM: &str = "{% for told in events %}{{ told.repository }} {{ told.label }} {{ told.versions[0]|code }}
{% endfor %}{{ succeeded }}+{{ failed }}";

fn custom(source: &str) -> Renderer {
    let settings = harborbell::render::Settings {
        language: harborbell::render::Language::Zh,
        timezone: jiff::tz::TimeZone::UTC,
        harbor_url: None,
        public_url: None,
    };
    Renderer::new(settings, Some(source)).unwrap()
}

/// A message about one event has a link to its image; in a digest failures have one, and the board ends it.
#[test]
fn messages_link_to_our_own_pages_where_their_address_is_known() {
    let urls = [("HARBOR_URL", "https://harbor.example.com"), ("PUBLIC_URL", "https://bell.example.com/")];
    let renderer = renderer(&urls);
    assert_snapshot!(message(&renderer, &[notice(api())]), @r#"
    **镜像入仓** <font color="info">成功</font> 阿里仓
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 时间：2024-11-23 15:31:43（用时 2 分 36 秒）
    > [查看镜像到货](https://bell.example.com/images/mars/mars-api?version=v1.2.3)
    "#);
    let odd = event("mars/a b/c)d", "v1+x", "华为仓");
    assert_snapshot!(message(&renderer, &[notice(api()), notice(failed(odd))]), @r#"
    **镜像入仓** 成功 1，失败 1
    <font color="warning">失败</font> 华为仓
    > `mars/a b/c)d` `v1+x` 15:31:43 [记录](https://harbor.example.com/harbor/replications/815/tasks) [到货](https://bell.example.com/images/mars/a%20b/c%29d?version=v1%2Bx)
    <font color="info">成功</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    [镜像到货](https://bell.example.com/)
    "#);
    let many = Event { versions: vec!["v1".into(), "v2".into()], ..api() };
    assert!(message(&renderer, &[notice(many)]).ends_with("(https://bell.example.com/images/mars/mars-api)"));
    let rule = Event { repository: String::new(), rule: "to-ali".into(), ..failed(api()) };
    assert!(!message(&renderer, &[notice(rule)]).contains("bell.example.com"));
}

#[test]
fn a_template_of_ones_own_escapes_by_itself() {
    let events = [notice(event("a/<b>", "`v`", "[x]")), notice(api())];
    assert_snapshot!(message(&custom(CUSTOM), &events), @r"
    a/＜b＞ ［x］ `'v'`
    mars/mars-api 阿里仓 `v1.2.3`
    2+0
    ");
}

#[rstest]
#[case::unknown_variable("{{ told.repositry }}")]
#[case::endless("{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}")]
#[case::too_long("{% for a in range(5000) %}x{% endfor %}")]
#[case::empty("{# nothing #}")]
#[case::leaves_the_image_out("{{ events[0].label }} has something new")]
fn a_template_that_fails_when_used_falls_back_to_the_built_in_one(#[case] source: &str) {
    let expected = message(&renderer(&[("TIMEZONE", "UTC")]), &[notice(api())]);
    assert_eq!(message(&custom(source), &[notice(api())]), expected);
}

#[rstest]
#[case::wrong("{{ oops", "line 1")]
#[case::safe("fine\n{{ events|safe }}", "")]
fn a_template_that_does_not_compile_is_refused_with_its_line(#[case] source: &str, #[case] place: &str) {
    let settings = harborbell::render::Settings {
        language: harborbell::render::Language::Zh,
        timezone: jiff::tz::TimeZone::UTC,
        harbor_url: None,
        public_url: None,
    };
    match Renderer::new(settings, Some(source)) {
        Err(error) => assert!(error.to_string().contains(place), "{error}"),
        // An unknown filter is found when it is used, and the built-in template takes over.
        Ok(renderer) => assert!(message(&renderer, &[notice(api())]).starts_with("**镜像入仓**")),
    }
}

#[test]
fn a_template_that_leaves_out_part_of_a_digest_falls_back_to_the_built_in_one() {
    let first_only = custom("{{ events[0].repository }}");
    assert_eq!(message(&first_only, &[notice(api())]), "mars/mars-api");
    let both = message(&first_only, &[notice(api()), notice(event("mars/mars-web", "v1", "阿里仓"))]);
    assert!(both.starts_with("**镜像入仓** 成功 2"), "{both}");
}

/// What a value may take is counted in bytes as they are shown, so that one event always fits.
#[rstest]
#[case::tags("<".repeat(1_000))]
#[case::addresses("://".repeat(1_000))]
#[case::marks("[]*".repeat(1_000))]
#[case::dropped("\u{202e}x".repeat(1_000))]
fn a_value_is_cut_by_the_bytes_that_it_takes(#[case] value: String) {
    for (format, longest) in [(Format::Markdown, 512), (Format::Text, 384)] {
        let shown = text::escape(&text::clip(&value, format), format);
        assert!((longest - 4..=longest + 3).contains(&shown.len()), "{} bytes", shown.len());
    }
}

/// Any text at all, with more than its share of what could act, cut or turn.
fn wild() -> impl Strategy<Value = String> {
    let nasty = prop_oneof![
        Just("<@all>".to_owned()),
        Just("<font color=\"warning\">".to_owned()),
        Just("[a](b)".to_owned()),
        Just("https:\u{202e}//evil.example".to_owned()),
        Just("`".to_owned()),
        Just("\u{202e}\u{2028}\n".to_owned()),
        Just("仓👍🏽".to_owned()),
        Just("x".repeat(5_000)),
        any::<String>(),
    ];
    vec(nasty, 1..4).prop_map(|parts| parts.concat())
}

/// Everything that is no plain copy.
fn special() -> Vec<Notice> {
    let reason = "http status code: 403, body: denied by the policy of the registry, which says so in very many words \
                  that have no room on a line of a digest";
    let rule = || Event { repository: String::new(), project: String::new(), versions: vec![], ..api() };
    vec![
        notice(api()),
        notice(Event { operation: Operation::Delete, ..api() }),
        notice(Event { operation: Operation::Unconfirmed, ..api() }),
        notice(Event { late: true, ..api() }),
        notice(Event { reason: reason.into(), ..failed(api()) }),
        notice(Event { rule: "to-ali".into(), reason: "dial tcp: i/o timeout".into(), ..failed(rule()) }),
        notice(Event { rule: "to-ali".into(), ..rule() }),
    ]
}

#[test]
fn what_is_no_plain_copy_has_a_head_of_its_own() {
    let each: Vec<_> = special().into_iter().map(|notice| message(&zh(), &[notice])).collect();
    assert_snapshot!(each[1..].join("\n\n"), @r#"
    **镜像删除** <font color="info">成功</font> 阿里仓
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 时间：2024-11-23 15:31:43（用时 2 分 36 秒）

    **镜像状态未确认** <font color="info">成功</font> 阿里仓
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 时间：2024-11-23 15:31:43（用时 2 分 36 秒）

    **镜像入仓** <font color="info">成功</font> 阿里仓（补报）
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 时间：2024-11-23 15:31:43（用时 2 分 36 秒）

    **镜像入仓** <font color="warning">失败</font> 阿里仓
    > 镜像：`mars/mars-api`
    > 版本：`v1.2.3`
    > 原因：http status code: 403, body: denied by the policy of the registry, which says so in very many words that have no room on a line of a digest
    > 时间：2024-11-23 15:31:43
    > [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/815/tasks)

    **复制失败** 阿里仓
    > 规则：`to-ali`
    > 原因：dial tcp: i/o timeout
    > 时间：2024-11-23 15:31:43
    > [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/815/tasks)

    **复制恢复** 阿里仓
    > 规则：`to-ali`
    > 时间：2024-11-23 15:31:43
    "#);
}

#[test]
fn a_digest_of_everything() {
    assert_snapshot!(message(&zh(), &special()), @r#"
    **镜像入仓** 成功 2，失败 1；**镜像删除** 成功 1；**镜像状态未确认** 成功 1；**复制失败** 1；**复制恢复** 1
    <font color="warning">失败</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43 http status code: 403, body: denied by the policy of the registry, which says so in very many words that have no room on… [记录](https://harbor.example.com/harbor/replications/815/tasks)
    复制失败 阿里仓
    > `to-ali` 15:31:43 dial tcp: i/o timeout [记录](https://harbor.example.com/harbor/replications/815/tasks)
    <font color="info">成功</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    镜像删除 <font color="info">成功</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    镜像状态未确认 <font color="info">成功</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    <font color="info">成功</font> 阿里仓（补报）
    > `mars/mars-api` `v1.2.3` 15:31:43
    复制恢复 阿里仓
    > `to-ali` 15:31:43
    "#);
    let english = renderer(&[("MESSAGE_LANGUAGE", "en")]);
    assert_snapshot!(message(&english, &special()), @r#"
    **Image replication** 2 succeeded, 1 failed; **Image deletion** 1 succeeded; **Image state unconfirmed** 1 succeeded; **Replication failed** 1; **Replication recovered** 1
    <font color="warning">failed</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43 http status code: 403, body: denied by the policy of the registry, which says so in very many words that have no room on…
    Replication failed 阿里仓
    > `to-ali` 15:31:43 dial tcp: i/o timeout
    <font color="info">succeeded</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    Image deletion <font color="info">succeeded</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    Image state unconfirmed <font color="info">succeeded</font> 阿里仓
    > `mars/mars-api` `v1.2.3` 15:31:43
    <font color="info">succeeded</font> 阿里仓 (late)
    > `mars/mars-api` `v1.2.3` 15:31:43
    Replication recovered 阿里仓
    > `to-ali` 15:31:43
    "#);
}

#[test]
fn what_is_no_plain_copy_has_a_head_of_its_own_in_english() {
    let english = renderer(&[("MESSAGE_LANGUAGE", "en"), ("HARBOR_URL", "https://harbor.example.com")]);
    let each: Vec<_> = special().into_iter().map(|notice| message(&english, &[notice])).collect();
    assert_snapshot!(each[1..].join("\n\n"), @r#"
    **Image deletion** <font color="info">succeeded</font> 阿里仓
    > Image: `mars/mars-api`
    > Version: `v1.2.3`
    > Time: 2024-11-23 15:31:43 (took 2m36s)

    **Image state unconfirmed** <font color="info">succeeded</font> 阿里仓
    > Image: `mars/mars-api`
    > Version: `v1.2.3`
    > Time: 2024-11-23 15:31:43 (took 2m36s)

    **Image replication** <font color="info">succeeded</font> 阿里仓 (late)
    > Image: `mars/mars-api`
    > Version: `v1.2.3`
    > Time: 2024-11-23 15:31:43 (took 2m36s)

    **Image replication** <font color="warning">failed</font> 阿里仓
    > Image: `mars/mars-api`
    > Version: `v1.2.3`
    > Reason: http status code: 403, body: denied by the policy of the registry, which says so in very many words that have no room on a line of a digest
    > Time: 2024-11-23 15:31:43
    > [Harbor's record of the execution](https://harbor.example.com/harbor/replications/815/tasks)

    **Replication failed** 阿里仓
    > Rule: `to-ali`
    > Reason: dial tcp: i/o timeout
    > Time: 2024-11-23 15:31:43
    > [Harbor's record of the execution](https://harbor.example.com/harbor/replications/815/tasks)

    **Replication recovered** 阿里仓
    > Rule: `to-ali`
    > Time: 2024-11-23 15:31:43
    "#);
}

#[test]
fn a_digest_of_everything_as_text() {
    assert_snapshot!(zh().render(&special().iter().collect::<Vec<_>>(), NOW, Format::Text).content, @r"
    镜像入仓 成功 2，失败 1；镜像删除 成功 1；镜像状态未确认 成功 1；复制失败 1；复制恢复 1
    失败 阿里仓
    - mars/mars-api v1.2.3 15:31:43 http status code: 403, body: denied by the policy of the registry, which says so in very many words that have no room on… https://harbor.example.com/harbor/replications/815/tasks
    复制失败 阿里仓
    - to-ali 15:31:43 dial tcp: i/o timeout https://harbor.example.com/harbor/replications/815/tasks
    成功 阿里仓
    - mars/mars-api v1.2.3 15:31:43
    镜像删除 成功 阿里仓
    - mars/mars-api v1.2.3 15:31:43
    镜像状态未确认 成功 阿里仓
    - mars/mars-api v1.2.3 15:31:43
    成功 阿里仓（补报）
    - mars/mars-api v1.2.3 15:31:43
    复制恢复 阿里仓
    - to-ali 15:31:43
    ");
}

/// Before its rule is known, its line begins with the time.
#[test]
fn a_failure_without_a_known_rule_has_no_line_for_it() {
    let unknown =
        || notice(Event { rule: String::new(), reason: "dial tcp: i/o timeout".into(), ..special().remove(5).event });
    assert!(!message(&zh(), &[unknown()]).contains("规则"));
    let digest = message(&zh(), &[unknown(), notice(api())]);
    assert!(digest.contains("\n> 15:31:43 dial tcp: i/o timeout ["), "{digest}");
}

#[test]
fn a_reason_in_a_digest_is_cut_between_characters() {
    let told = |reason: String| {
        let digest = message(&zh(), &[notice(Event { reason, ..failed(api()) }), notice(api())]);
        digest.split_once(" 15:31:43 ").unwrap().1.split_once(" [").unwrap().0.to_owned()
    };
    assert_eq!(told("x".repeat(120)), "x".repeat(120));
    assert_eq!(told("x".repeat(121)), "x".repeat(120) + "…");
    assert_eq!(told("x".to_owned() + &"仓".repeat(40)), "x".to_owned() + &"仓".repeat(39) + "…");
}

/// It would show a deletion as an arrival.
#[test]
fn a_template_that_does_not_know_operations_is_not_used_for_them() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("mine.jinja");
    let write = |text: &str| std::fs::write(&path, text).unwrap();
    let mine = || renderer(&[("MESSAGE_TEMPLATE", path.to_str().unwrap())]);
    write("{% for event in events %}mine {{ event.repository }}{% endfor %}");
    assert!(message(&mine(), &[notice(api())]).starts_with("mine"));
    for notice in special().into_iter().skip(1).filter(|notice| notice.event.reason.is_empty()) {
        assert!(message(&mine(), &[notice]).starts_with("**"));
    }
    write("{# operation #}operations: {% for event in events %}{{ event.repository }}{% endfor %}");
    assert!(message(&mine(), &[special().remove(1)]).starts_with("**镜像删除**"), "words are no expression");
    write("{% for event in events %}mine {{ event.operation }} {{ event.repository }}{% endfor %}");
    assert!(message(&mine(), &[special().remove(1)]).starts_with("mine delete"));
}

fn wild_news() -> impl Strategy<Value = Notice> {
    let text = (prop_oneof![wild(), Just(String::new())], wild(), wild(), vec(wild(), 0..40), wild(), wild());
    let operation = prop_oneof![Just(Operation::Copy), Just(Operation::Delete), Just(Operation::Unconfirmed)];
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), operation);
    (text, flags, 0..253_402_207_200_000_i64, 0..60).prop_map(
        |((repository, registry, description, versions, rule, reason), flags, occurred_at, people)| {
            let (success, after_failure, late, operation) = flags;
            Notice {
                event: Event {
                    outcome: if success { ReplicationOutcome::Succeeded } else { ReplicationOutcome::Failed },
                    operation,
                    late,
                    rule,
                    reason,
                    repository,
                    registry,
                    description,
                    versions,
                    occurred_at,
                    ..api()
                },
                after_failure,
                mentions: (0..people).map(|number| format!("somebody-{number}")).collect(),
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Invariant 4: never over the limit, and never cut inside of a character (a `String` is valid UTF-8).
    #[test]
    fn invariant_4_no_message_is_over_its_limit(events in vec(wild_news(), 1..12), limits in vec(1..=LARGEST_DIGEST, 12), text: bool) {
        let format = if text { Format::Text } else { Format::Markdown };
        let due: Vec<_> = events.into_iter().zip(limits).map(|(notice, batch_limit)| Due {
            id: String::new(), event_id: String::new(), failures: 0, batch_limit, suspect: false,
            tried_since: 0,
            next_attempt_at: 0, notice,
        }).collect();
        let packed = zh().pack(&due, NOW, format);
        let linked = renderer(&[
            ("HARBOR_URL", "https://harbor.example.com/"),
            ("PUBLIC_URL", "https://a-rather-long-name-of-a-host.of-a-department.of-a-company.example.com"),
        ]);
        prop_assert!(linked.pack(&due, NOW, format).content.len() <= format.longest());
        prop_assert!(packed.content.len() <= format.longest());
        prop_assert!(packed.deliveries >= 1);
        let smallest = due[..packed.deliveries].iter().map(|row| row.batch_limit).min().unwrap();
        prop_assert!(packed.deliveries as i64 <= smallest, "no row is in a larger digest than its limit");
    }

    /// Invariant 6, as text: there is nothing that could mention, and a mark is what it looks like.
    #[test]
    fn invariant_6_what_a_payload_says_is_text_in_text(events in vec(wild_news(), 1..6)) {
        let packed = zh().render(&events.iter().collect::<Vec<_>>(), NOW, Format::Text);
        prop_assert!(!packed.content.contains(['<', '>', '\u{202e}', '\u{2028}']), "{}", packed.content);
        let payload = packed.content.replace("https://harbor.example.com/harbor/replications/815/tasks", "");
        prop_assert!(!payload.contains("://"), "a client would make a link of it: {}", payload);
    }

    /// Invariant 6: outside of code spans, nothing of a payload opens a tag, a link or another code span.
    #[test]
    fn invariant_6_what_a_payload_says_is_text(events in vec(wild_news(), 1..6)) {
        let content = message(&zh(), &events);
        for line in content.lines() {
            prop_assert_eq!(line.matches('`').count() % 2, 0, "code spans open and close in their line: {}", line);
            let inside: String = line.split('`').skip(1).step_by(2).collect();
            prop_assert!(!inside.contains(['<', '>']), "nothing rests on how a client reads code spans: {}", line);
            let outside: String = line.split('`').step_by(2).collect();
            let ours = outside
                .replace("[记录](https://harbor.example.com/harbor/replications/815/tasks)", "")
                .replace("<font color=\"info\">", "").replace("<font color=\"warning\">", "").replace("</font>", "")
                .replace("[查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/815/tasks)", "")
                .replace("**镜像入仓**", "").replace("**镜像删除**", "").replace("**镜像状态未确认**", "")
                .replace("**复制失败**", "").replace("**复制恢复**", "");
            let ours = if ours.starts_with("<@somebody-0>") { String::new() } else { ours };
            let ours = ours.strip_prefix("> ").unwrap_or(&ours);
            prop_assert!(!ours.contains(['<', '>', '[', ']', '*']) && !ours.contains("://"), "{}", line);
        }
        let turns = ['\u{202e}', '\u{2028}'];
        prop_assert!(!content.contains(turns));
    }
}
