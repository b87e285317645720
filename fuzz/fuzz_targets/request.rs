//! Requests to page and API: `GET PATH?QUERY`, or `POST PATH` with a body in the lines below. Whatever is asked, it is no
//! fault of the service, nothing of it is markup, no form leads away, and a misspelt filter is refused.
#![no_main]

use std::cell::OnceCell;
use std::collections::HashSet;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::App;
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::{self, Data};
use harborbell::admin::access::Access;
use harborbell::admin::{Admin, Pages, configure, openapi};
use harborbell::demo::payloads::Replication;
use harborbell::http::body::Places;
use harborbell::http::origin::Names;
use harborbell::metrics::Metrics;
use harborbell::model::actor::{Actor, Via};
use harborbell::model::clock::Clock;
use harborbell::model::delivery::{Assignment, Verb};
use harborbell::model::harbor::{Reading, read};
use harborbell::model::harbor_status::HarborStatus;
use harborbell::model::robot::{Format, Robot};
use harborbell::model::secret::Secrets;
use harborbell::render::Language;
use harborbell::route::Routing;
use harborbell::store::Store;
use harborbell::store::accept::Offer;
use harborbell::webhooks::Webhooks;
use harborbell_fuzz::{KEY, NOW, renderer};
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The API's lists, and what each may be asked for.
const LISTS: [(&str, &[&str]); 3] = [
    ("/api/v1/deliveries", &["state", "outcome", "robot", "q", "since", "until", "limit", "cursor"]),
    ("/api/v1/images", &["q", "project", "destination", "incomplete", "outcome", "since", "until", "limit", "cursor"]),
    ("/api/v1/arrivals", &["repository", "version", "registry", "since", "wait"]),
];

struct Answer {
    status: StatusCode,
    kind: String,
    location: Option<String>,
    body: String,
}

type Ask = Box<dyn Fn(&Method, TestRequest) -> Answer>;

thread_local! {
    /// For as long as the process runs: at its end, what it stands upon has gone already.
    static ASK: OnceCell<&'static Ask> = const { OnceCell::new() };
}

fuzz_target!(|input: &[u8]| {
    let input = String::from_utf8_lossy(input);
    let (head, body) = input.split_once('\n').unwrap_or((&input, ""));
    let (method, target) = match head.split_once(' ') {
        Some(("GET", target)) => (Method::GET, target),
        Some(("POST", target)) => (Method::POST, target),
        _ => return,
    };
    let Ok(uri) = target.parse::<Uri>() else { return };
    // A test message would be a row for ever.
    if !target.starts_with('/') || method == Method::POST && uri.path().ends_with("/test") {
        return;
    }
    let request = TestRequest::with_uri(target).method(method.clone()).set_payload(body.to_owned());
    let Answer { status, kind, location, body } = ASK.with(|ask| ask.get_or_init(start)(&method, request));

    assert!(!status.is_server_error(), "{status}: {body}");
    if kind.starts_with("text/html") {
        // No word of the page begins so, and some of what is stored does.
        // A search that begins with it is a value of the page's own.
        let others = body.replace("value=\"xss", "");
        assert!(!["<xss", "\"xss", "'xss"].iter().any(|mark| others.contains(mark)), "{body}");
    }
    if kind.contains("json") {
        serde_json::from_str::<serde_json::Value>(&body).expect("JSON");
    }
    if let Some(location) = location {
        assert!(location.starts_with('/') && !location.starts_with("//") && !location.contains('\\'), "{location}");
    }
    if method == Method::GET
        && let Some((_, known)) = LISTS.iter().find(|(path, _)| *path == uri.path())
        && is_misspelt(uri.query().unwrap_or_default(), known)
    {
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
});

/// Whether a name is unknown, or is there twice.
fn is_misspelt(query: &str, known: &[&str]) -> bool {
    let mut seen = HashSet::new();
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| !known.contains(&&*name) || !seen.insert(name))
}

/// What is asked for is looked up where something is, and changed where nothing is: so each run is like the first.
fn start() -> &'static Ask {
    let system = System::new();
    let folder = tempfile::TempDir::new().unwrap().keep();
    let (shown, changed) = system.block_on(async {
        let store = async |name: &str| {
            let path = folder.join(name);
            Store::serve(&format!("sqlite://{}", path.display())).await.unwrap()
        };
        let shown = store("shown.db").await;
        fill(&shown).await;
        (service(shown, true).await, service(store("changed.db").await, false).await)
    });
    let ask = move |method: &Method, request| {
        system.block_on(if method == Method::POST { changed(request) } else { shown(request) })
    };
    let ask: Ask = Box::new(ask);
    Box::leak(Box::new(ask))
}

type Asked = Pin<Box<dyn Future<Output = Answer>>>;

async fn service(store: Store, has_robot: bool) -> Box<dyn Fn(TestRequest) -> Asked> {
    let clock = Clock::manual(NOW);
    let robot = Robot {
        name: "default".into(),
        url: format!("http://127.0.0.1:9/send?key={KEY}").into(),
        rate_per_minute: 18,
        format: Format::Markdown,
    };
    let robots = if has_robot { vec![robot] } else { Vec::new() };
    let (_, routing) = watch::channel(Arc::new(Routing { robots, ..Routing::default() }));
    let (_, harbor) = watch::channel(HarborStatus::default());
    let (nudge, _) = watch::channel(());
    let stopping = CancellationToken::new();
    // Nobody waits for an arrival.
    stopping.cancel();
    let admin = Data::new(Admin {
        store,
        clock: clock.clone(),
        access: Arc::new(Access::new(None, None, Names::default(), clock)),
        renderer: Arc::new(renderer(Language::Zh, true, None).unwrap()),
        timezone: TimeZone::UTC,
        routing: routing.clone(),
        metrics: Metrics::default(),
        webhooks: Arc::new(Webhooks::new(Secrets::default(), routing)),
        harbor,
        harbor_api: None,
        nudge,
        stopping,
        webhook_url: None,
        wants_auth_header: false,
        pages: Pages::default(),
    });
    let app = App::new()
        .app_data(Data::<Places>::default())
        .app_data(admin)
        .configure(configure)
        .default_service(web::to(openapi::elsewhere));
    let service = Rc::new(init_service(app).await);
    Box::new(move |request| {
        let service = service.clone();
        Box::pin(async move {
            let answered = call_service(&*service, request.to_request()).await;
            let header = |name: &str| {
                let value = answered.headers().get(name);
                value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let (status, location) = (answered.status(), header("location"));
            let kind = header("content-type").unwrap_or_default();
            let body = read_body(answered).await;
            Answer { status, kind, location, body: String::from_utf8_lossy(&body).into_owned() }
        })
    })
}

/// Deliveries that wait, and one that was discarded.
async fn fill(store: &Store) {
    let nasty = "<xss>\"xss 'xss";
    let of = |number: i64, repository, version, description, succeeded| {
        let registry = ("aliyun-acr", description);
        let references = &[version];
        let payload = Replication { repository, references, registry, succeeded, execution: 1_732_346_947 + number };
        let payload = payload.payload().to_string();
        let Ok(Reading::Event(webhook)) = read(&payload, NOW, false) else { panic!("no event: {payload}") };
        Offer { event_id: id(number), webhook: *webhook, payload, is_quiet: false, look_up: 0 }
    };
    let offers = [
        of(1, "mars/mars-api", "v1.2.3", "阿里仓", true),
        of(2, "mars/mars-api", "v1.2.4", "阿里仓", false),
        of(3, "mars/web", nasty, nasty, true),
        of(4, "venus/<xss>", "latest", "华为仓", false),
    ];
    for (offer, number) in offers.into_iter().zip(11..) {
        let assignment = |_: &_| {
            vec![Assignment { delivery_id: id(number), robot: "default".into(), mentions: Vec::new(), grace: 0 }]
        };
        store.accept(&[offer], assignment, NOW).await.unwrap();
    }
    let operator = Actor { via: Via::Page, by: nasty.to_owned() };
    store.register(&["default"], NOW).await.unwrap();
    store.change(Verb::Discard, &id(12), &operator, NOW).await.unwrap();
}

fn id(number: i64) -> String {
    format!("01935830-0000-7000-8000-{number:012}")
}
