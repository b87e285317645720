//! Connections: never more than there are descriptors for. Where they are full, the one that has waited longest for its
//! client makes room for the next, so that no client can keep others out by holding connections.

use std::any::Any;
use std::collections::BTreeMap;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// More than Harbor and people ever open, and few enough that what they may send before they are read stays small.
const MOST: usize = 1_000;
/// Descriptors that are left for the database, WeCom, the log and the runtime.
const RESERVED: usize = 160;
/// Each connection has its socket, and a second handle by which it can be closed.
const DESCRIPTORS: usize = 2;
/// What the process asks for at its start, where the system gives so much.
const WANTED: u64 = 65_536;

/// After answers of so many bytes a connection ends. Who sends requests without reading what is answered would else have
/// us keep all of it: the server sets no bound of its own.
const MOST_ANSWERED: u64 = 64 * 1024;
/// About what a head of ours takes.
const HEAD_BYTES: u64 = 512;

/// Raises the soft limit of descriptors; gives the limit that holds from now on.
pub fn raise_descriptor_limit() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(WANTED).min(WANTED).max(current.unwrap_or(0));
    let raised = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    // Where it cannot be raised, fewer connections fit.
    if raised.is_ok() { wanted } else { current.unwrap_or(WANTED) }
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Its client's next head.
    Head,
    /// The rest of a body.
    Body,
    /// Us.
    Answer,
}

struct Open {
    phase: Phase,
    /// Bytes of the answers that it had.
    answered: u64,
    handle: TcpStream,
}

/// All that are open, by their age.
#[derive(Default)]
struct Registry {
    next: u64,
    open: BTreeMap<u64, Open>,
}

/// Shared by all who accept.
#[derive(Clone)]
pub struct Connections {
    registry: Arc<Mutex<Registry>>,
    most: usize,
}

impl Connections {
    /// As many as this many descriptors allow.
    pub fn within(descriptors: u64) -> Self {
        let room = usize::try_from(descriptors).unwrap_or(usize::MAX).saturating_sub(RESERVED) / DESCRIPTORS;
        // A sixth less than there is room for: those that are closed take a moment to go.
        Self { registry: Arc::default(), most: (room - room / 6).clamp(1, MOST) }
    }

    /// How many may be open before the operating system keeps the next ones waiting.
    pub const fn backlog(&self) -> usize {
        self.most + self.most / 6
    }

    /// Enters a connection that was accepted; it is struck off when its data is dropped, at its end.
    pub fn enter(&self, socket: &dyn Any, data: &mut Extensions) {
        let Some(socket) = socket.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
        let Ok(handle) = socket.as_fd().try_clone_to_owned() else { return };
        let handle = TcpStream::from(handle);
        let mut registry = lock(&self.registry);
        if registry.open.len() >= self.most {
            match registry.longest_waiting() {
                Some(oldest) => registry.close(oldest),
                // Each of the others is being answered.
                None => return drop(handle.shutdown(Shutdown::Both)),
            }
        }
        let number = registry.next;
        registry.next += 1;
        registry.open.insert(number, Open { phase: Phase::Head, answered: 0, handle });
        data.insert(Connection(Place { registry: self.registry.clone(), number }));
    }
}

impl Registry {
    fn longest_waiting(&self) -> Option<u64> {
        let waiting = self.open.iter().filter(|(_, open)| open.phase != Phase::Answer);
        waiting.min_by_key(|(number, open)| (open.phase, **number)).map(|(number, _)| *number)
    }

    fn close(&mut self, number: u64) {
        if let Some(open) = self.open.remove(&number) {
            // It may be closed already.
            let _ = open.handle.shutdown(Shutdown::Both);
        }
    }
}

/// One of them: says what it waits for.
#[derive(Clone)]
pub struct Place {
    registry: Arc<Mutex<Registry>>,
    number: u64,
}

impl Place {
    /// That of a request's connection.
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.conn_data::<Connection>().map(|connection| connection.0.clone())
    }

    /// The rest of a body is waited for, until the guard is dropped.
    pub fn reads_body(self) -> Phased {
        self.until_dropped(Phase::Body, Phase::Answer)
    }

    /// The head is there; once the guard is dropped, the next one is waited for.
    pub fn answers(self) -> Phased {
        self.until_dropped(Phase::Answer, Phase::Head)
    }

    /// It gets an answer of so many bytes; whether that is its last one.
    pub fn is_last(&self, bytes: u64) -> bool {
        let mut registry = lock(&self.registry);
        let Some(open) = registry.open.get_mut(&self.number) else { return true };
        open.answered = open.answered.saturating_add(HEAD_BYTES + bytes);
        open.answered > MOST_ANSWERED
    }

    /// Whether it has had its last answer and asks all the same, as only one does that sent its requests in advance. Then
    /// it is closed at once.
    pub fn asks_on(&self) -> bool {
        let mut registry = lock(&self.registry);
        match registry.open.get(&self.number) {
            Some(open) if open.answered <= MOST_ANSWERED => false,
            _ => {
                registry.close(self.number);
                true
            }
        }
    }

    /// What it still sends is not read any more.
    pub fn hears_no_more(&self) {
        if let Some(open) = lock(&self.registry).open.get(&self.number) {
            // It may be closed already.
            let _ = open.handle.shutdown(Shutdown::Read);
        }
    }

    fn until_dropped(self, now: Phase, then: Phase) -> Phased {
        self.is_in(now);
        Phased { place: self, then }
    }

    fn is_in(&self, phase: Phase) {
        if let Some(open) = lock(&self.registry).open.get_mut(&self.number) {
            open.phase = phase;
        }
    }
}

/// What a connection waits for ends here.
pub struct Phased {
    place: Place,
    then: Phase,
}

impl Drop for Phased {
    fn drop(&mut self) {
        self.place.is_in(self.then);
    }
}

/// Kept with the connection itself, and dropped at its end.
struct Connection(Place);

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.0.registry).open.remove(&self.0.number);
    }
}

fn lock(registry: &Mutex<Registry>) -> MutexGuard<'_, Registry> {
    registry.lock().unwrap_or_else(PoisonError::into_inner)
}
