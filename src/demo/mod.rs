//! The newcomer's first command: the real service with a stand-in for WeCom and a scratch database, fed
//! with Harbor's payloads over real HTTP. It prints what the group sees and what became of each webhook.

mod asks_harbor;
/// Part of the program, because `demo` runs against it; public, because the tests do, too.
#[doc(hidden)]
pub mod harbor;
pub mod payloads;
/// Part of the program, because `demo` runs against it; public, because the tests and benchmarks do, too.
#[doc(hidden)]
pub mod standin;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::config::Config;
use crate::model::clock::{Clock, SECOND};
use crate::model::delivery::State;
use crate::serve::{Service, stop_signal};
use crate::store::Store;
use crate::store::filter::Filter;
use harbor::Harbor;
use payloads::Replication;
use standin::Standin;

/// Long enough to look real; it opens nothing but the stand-in.
const KEY: &str = "demo0000-0000-4000-8000-000000000000";
/// About as long as WeCom takes.
const ANSWERS_AFTER: Duration = Duration::from_millis(50);
const LOOK_EVERY: Duration = Duration::from_millis(100);
const ALIYUN: (&str, &str) = ("aliyun-acr", "阿里仓");
const HUAWEI: (&str, &str) = ("huawei-swr", "华为仓");

/// Runs until Ctrl-C, or until its terminal is closed. `listen` is where the service can be called meanwhile.
pub async fn run(listen: SocketAddr) -> anyhow::Result<()> {
    // Before there is a folder that a signal could leave behind.
    let (mut hangup, stop) = (signal(SignalKind::hangup())?, stop_signal()?);
    let stop = async move {
        tokio::select! {
            _ = hangup.recv() => {}
            () = stop => {}
        }
    };
    let scratch = scratch_folder()?;
    let outcome = play(listen, &scratch.join("demo.db"), stop).await;
    std::fs::remove_dir_all(&scratch).with_context(|| format!("cannot remove {}", scratch.display()))?;
    outcome
}

async fn play(
    listen: SocketAddr,
    database: &std::path::Path,
    stop_signal: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let wecom = Standin::start(KEY, Some(20)).await?;
    wecom.answer_after(ANSWERS_AFTER);
    let database_url = format!("sqlite://{}", database.display());
    let values = HashMap::from([
        ("LISTEN_ADDR".to_owned(), listen.to_string()),
        // Who names such an address, as a container must, wants it to be reached; there are only samples to see.
        ("ALLOW_ANONYMOUS".to_owned(), (!listen.ip().is_loopback()).to_string()),
        ("DATABASE_URL".to_owned(), database_url.clone()),
        ("WECOM_WEBHOOK_URL".to_owned(), wecom.url()),
        ("HARBOR_URL".to_owned(), "https://harbor.example.com".to_owned()),
        ("HARBOR_USERNAME".to_owned(), "robot$harborbell".to_owned()),
        ("HARBOR_PASSWORD".to_owned(), "demo".to_owned()),
    ]);
    let mut config =
        Config::load(&values).map_err(|faults| anyhow!("the demo's configuration is wrong: {faults:?}"))?;
    let harbor = Harbor::start().await?;
    asks_harbor::prepare(&harbor);
    if let Some(api) = &mut config.harbor_api {
        // Links lead where a person would look; the API is the stand-in's, and nobody waits for minutes.
        api.place.url = harbor.url().parse()?;
        (api.poll_interval, api.reconcile_delay) = (SECOND, 2 * SECOND);
    }
    let service = Service::start(&config, Clock::System)
        .await
        .context("the demo could not start; if the port is taken, use `demo --listen-addr 127.0.0.1:0`")?;
    let address = format!("http://{}", service.addr());
    println!(
        "harborbell listens on {address}; a stand-in for WeCom on {}, which takes 20 messages a minute.\n",
        wecom.base_url()
    );

    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(service.run_until(async {
        let _ = stopped.await;
    }));
    let story = Story { address, wecom, harbor, shown: 0 };
    let ended = tokio::select! {
        ended = story.run(&database_url) => ended,
        () = stop_signal => Ok(()),
    };
    let _ = stop.send(());
    running.await?.and(ended)
}

struct Story {
    address: String,
    wecom: Standin,
    harbor: Harbor,
    shown: usize,
}

impl Story {
    async fn run(mut self, database_url: &str) -> anyhow::Result<()> {
        let now = Clock::System.now() / SECOND - 60;
        fn push(
            repository: &str,
            references: &[&str],
            registry: (&str, &str),
            succeeded: bool,
            execution: i64,
        ) -> Value {
            Replication { repository, references, registry, succeeded, execution }.payload()
        }

        println!("1. An image has arrived:");
        let arrived = push("mars/mars-api", &["v1.2.3"], ALIYUN, true, now);
        self.post("success", &arrived).await?;
        self.print_messages(1).await;

        println!("2. Harbor repeats itself, and sends each architecture again; the group is not notified again:");
        self.post("the same once more", &arrived).await?;
        let architecture = ["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"];
        self.post("one architecture", &push("mars/mars-api", &architecture, ALIYUN, true, now)).await?;

        println!("\n3. A replication fails, and Harbor's own retry succeeds:");
        self.post("failure", &push("mars/mars-web", &["v2.0.0"], HUAWEI, false, now + 1)).await?;
        self.print_messages(1).await;
        self.post("success after it", &push("mars/mars-web", &["v2.0.0"], HUAWEI, true, now + 1)).await?;
        self.print_messages(1).await;

        let store = Store::open(database_url).await?;
        // An answer that broke off would leave a delivery in doubt, and it would be sent once more.
        all_on_record(&store).await?;
        println!("4. WeCom is down while 12 more arrive; each is stored before it is answered:");
        self.wecom.go_down().await;
        let services =
            ["api", "web", "auth", "billing", "cart", "mail", "map", "queue", "search", "stock", "tax", "user"];
        for service in services {
            let (repository, registry) = (format!("venus/{service}"), if service.len() > 4 { HUAWEI } else { ALIYUN });
            self.post(service, &push(&repository, &["v3.1.0"], registry, true, now + 2)).await?;
        }
        while store.robot("default", Clock::System.now()).await?.condition.failures < 2 {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        println!(
            "   Two messages have found it down. Now it is back; a small one finds out, the rest comes as a digest:"
        );
        self.wecom.come_back().await?;
        all_on_record(&store).await?;
        self.print_new();
        self.ask_harbor(Clock::System.now() / SECOND - 36).await?;
        let all = all_on_record(&store).await?;

        println!("What became of them: {all} deliveries, all of them delivered, in {} messages.", self.shown);
        for delivery in store.list(&Filter::default(), 100, None).await?.items.iter().rev() {
            let (event, state) = (&delivery.event.facts, delivery.state);
            let (outcome, attempts) = (event.outcome.as_str(), delivery.attempts);
            let what = [event.name(), &event.listed()].join(" ");
            println!("   {state:<10} {outcome:<10} {}, attempts: {attempts}", what.trim_end());
        }
        self.print_invitation(database_url)?;
        std::future::pending().await
    }

    async fn post(&self, what: &str, payload: &Value) -> anyhow::Result<()> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        let response = client.post(format!("{}/webhook/harbor", self.address)).json(payload).send().await?;
        let (status, body) = (response.status(), response.text().await?);
        println!("   {what}: HTTP {} {body}", status.as_u16());
        Ok(())
    }

    async fn print_messages(&mut self, more: usize) {
        let wanted = self.shown + more;
        self.wecom.until(|_, shown| shown.len() >= wanted).await;
        self.print_new();
    }

    fn print_new(&mut self) {
        let shown = self.wecom.shown();
        for message in &shown[self.shown..] {
            println!("\n   ┌ the group sees");
            for line in message.content.lines() {
                println!("   │ {line}");
            }
            println!("   └ {} bytes", message.content.len());
        }
        println!();
        self.shown = shown.len();
    }

    /// With a payload that was not sent yet, beside the database.
    fn print_invitation(&self, database_url: &str) -> anyhow::Result<()> {
        let sample = database_url.trim_start_matches("sqlite://").replace("demo.db", "payload.json");
        let next = Replication {
            repository: "mars/mars-api",
            references: &["v1.2.4"],
            registry: ALIYUN,
            succeeded: true,
            execution: Clock::System.now() / SECOND,
        };
        std::fs::write(&sample, next.payload().to_string()).with_context(|| format!("cannot write {sample}"))?;
        let program = std::env::args().next().unwrap_or_else(|| "harborbell".to_owned());
        println!("\nTry it yourself while this runs:");
        println!("   {}/ is the board: which version is where", self.address);
        println!("   {}/notifications is every delivery: what was sent and answered, Replay", self.address);
        println!("   curl {}/readyz", self.address);
        println!("   curl -d @{sample} {}/webhook/harbor", self.address);
        println!("   DATABASE_URL={database_url} {program} list");
        println!("Ctrl-C ends it and removes the scratch database.");
        Ok(())
    }
}

/// Waits until every delivery is on record as delivered, and says how many there are. The group sees a message a moment
/// before that.
async fn all_on_record(store: &Store) -> anyhow::Result<i64> {
    let delivered = Filter { state: Some(State::Delivered), ..Filter::default() };
    loop {
        let all = store.count(&Filter::default()).await?;
        if all == store.count(&delivered).await? {
            return Ok(all);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn scratch_folder() -> anyhow::Result<std::path::PathBuf> {
    let folder = std::env::temp_dir().join(format!("harborbell-demo-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
