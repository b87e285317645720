//! Clients that hold or waste what one can without a token, for `rude.rs` and for `cargo bench --bench rude`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// What a client sends at first, and what it does then.
#[derive(Clone)]
// The benchmark needs names, the test needs to know what is heavy.
#[allow(dead_code)]
pub struct Kind {
    pub name: &'static str,
    /// So much to read and answer that in a debug build, with the clients on the same cores, it tells of the machine.
    pub is_heavy: bool,
    first: Vec<u8>,
    then: Then,
}

#[derive(Clone)]
enum Then {
    /// Reads until it is closed.
    Read,
    /// Sends this again and again, with this pause, until it is closed.
    Send(Vec<u8>, Duration),
    /// Says that it has nothing more to say, and reads.
    CloseHalf,
    /// Ends the connection as one does that has crashed.
    Reset,
}

pub fn kinds() -> Vec<Kind> {
    let kind = |name, first: Vec<u8>, then| Kind { name, is_heavy: false, first, then };
    let heavy = |name, first: Vec<u8>, then| Kind { name, is_heavy: true, first, then };
    let post = |path: &str, length: usize, body: &[u8]| {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n");
        [head.as_bytes(), body].concat()
    };
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes();
    let begun = &b"GET / HTTP/1.1\r\nhost: localhost\r\n"[..];
    let chunked = b"POST /webhook/harbor HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"400\r\n", &[b' '; 1024][..], b"\r\n"].concat();
    let (mebibyte, slowly, soon) = (1024 * 1024, Duration::from_millis(200), Duration::from_millis(10));
    vec![
        kind("idle", Vec::new(), Then::Read),
        kind("half a head", b"POST /sign-in".to_vec(), Then::Read),
        kind("a head without end", begun.to_vec(), Then::Send(b"x: y\r\n".to_vec(), slowly)),
        kind("a head of 60 KB", [begun, b"x-long: ", &[b'x'; 60 * 1024]].concat(), Then::Read),
        heavy("a head of 125 KB", [begun, b"x-long: ", &[b'x'; 125_000]].concat(), Then::Read),
        kind("half a form", post("/sign-in", 100, b"t"), Then::Read),
        kind("half a call", post("/api/v1/deliveries/replay", 2 * mebibyte, &[b' '; 48 * 1024]), Then::Read),
        kind("half a bulk change", post("/deliveries/matching", 2 * mebibyte, &[b'x'; 48 * 1024]), Then::Read),
        kind("half a webhook", post("/webhook/harbor", 100_000, b"{"), Then::Read),
        kind("a slow webhook", post("/webhook/harbor", 100_000, b"{"), Then::Send(b" ".to_vec(), slowly)),
        heavy("chunks without end", chunked, Then::Send(chunk, soon)),
        kind("a body for no path", post("/nowhere", 100_000, b"{"), Then::Read),
        heavy("1 MiB and a byte", post("/webhook/harbor", mebibyte + 1, &vec![b' '; mebibyte + 1]), Then::Read),
        heavy("100,000 brackets", post("/webhook/harbor", 100_000, &[b'['; 100_000]), Then::Read),
        // What needs no token, as often as one connection takes it.
        kind("64 documents at once", get("/api/openapi.json").repeat(64), Then::Read),
        kind("64 unknown paths at once", get("/nowhere").repeat(64), Then::Read),
        heavy("small requests", get("/healthz"), Then::Send(get("/healthz"), Duration::ZERO)),
        kind("half-closed in a webhook", post("/webhook/harbor", 100_000, b"{"), Then::CloseHalf),
        kind("reset in a webhook", post("/webhook/harbor", 100_000, &[b' '; 50_000]), Then::Reset),
    ]
}

/// Clients of these kinds in turn, until they are told to stop.
pub struct Crowd {
    clients: Vec<JoinHandle<()>>,
    stop: CancellationToken,
    /// How many connections they have had.
    pub opened: Arc<AtomicUsize>,
    /// How many they have.
    pub open: Arc<AtomicUsize>,
}

impl Crowd {
    pub fn of(address: &str, kinds: &[Kind], clients: usize) -> Self {
        let (stop, opened, open) = (CancellationToken::new(), Arc::default(), Arc::default());
        let mut crowd = Self { clients: Vec::new(), stop, opened, open };
        for number in 0..clients {
            let (address, kind) = (address.to_owned(), kinds[number % kinds.len()].clone());
            let (stop, opened, open) = (crowd.stop.clone(), crowd.opened.clone(), crowd.open.clone());
            crowd.clients.push(tokio::spawn(async move {
                let client = Client { address, kind, opened, open };
                tokio::select! {
                    () = client.come_again() => {}
                    () = stop.cancelled() => {}
                }
            }));
        }
        crowd
    }

    pub async fn go(self) {
        self.stop.cancel();
        for client in self.clients {
            client.await.unwrap();
        }
    }
}

struct Client {
    address: String,
    kind: Kind,
    opened: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
}

/// A connection is counted for as long as it is there.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Client {
    /// Holds a connection until it is closed, and opens the next one, as fast as one that wants to do harm with two cores.
    async fn come_again(&self) {
        loop {
            // A refusal is what it asked for.
            let _ = self.hold().await;
            sleep(Duration::from_millis(500)).await;
        }
    }

    async fn hold(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(&self.address).await?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.open.fetch_add(1, Ordering::Relaxed);
        let _counted = Counted(self.open.clone());
        stream.write_all(&self.kind.first).await?;
        match &self.kind.then {
            Then::Read => read_all(&mut stream).await,
            Then::CloseHalf => {
                stream.shutdown().await?;
                read_all(&mut stream).await
            }
            Then::Reset => stream.set_zero_linger(),
            Then::Send(more, pause) => {
                let (mut reads, mut writes) = stream.split();
                let send = async {
                    loop {
                        sleep(*pause).await;
                        writes.write_all(more).await?;
                    }
                };
                tokio::select! {
                    read = read_all(&mut reads) => read,
                    sent = send => sent,
                }
            }
        }
    }
}

async fn read_all(from: &mut (impl AsyncReadExt + Unpin)) -> std::io::Result<()> {
    let mut answered = [0; 4096];
    while from.read(&mut answered).await? > 0 {}
    Ok(())
}

/// Kilobytes, of the process itself or of the one that it became.
pub fn peak_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}
