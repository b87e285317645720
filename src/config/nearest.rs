//! What a misspelt word was probably meant to be.

use std::collections::{HashMap, HashSet};

use super::secrets::file_keys;
use super::{Fault, KEYS};

/// Variables of the environment that are probably keys and misspelt. Other programs have names there, too: so what is
/// similar to a key is doubted only where the key itself is not set.
pub fn misspelt(environment: &[String], values: &HashMap<String, String>, used: &HashSet<String>) -> Vec<Fault> {
    let keys: Vec<_> = KEYS.iter().map(|key| key.name.to_owned()).chain(file_keys(used)).collect();
    let unknown = environment.iter().filter(|name| !used.contains(*name) && !keys.contains(name));
    let doubts = unknown.filter_map(|name| {
        let key = nearest(&name.to_uppercase(), keys.iter().map(String::as_str))?;
        let is_set = values.get(key).is_some_and(|value| !value.trim().is_empty());
        (!is_set).then(|| Fault { key: name.clone(), problem: format!("is no key; is {key} meant?") })
    });
    doubts.collect()
}

/// The known word that is nearest to this one: at most two letters are missing, too many, or others.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const FURTHEST: usize = 2;
    let distances = known.into_iter().map(|known| (distance(word, known), known));
    distances.filter(|(distance, _)| *distance <= FURTHEST).min().map(|(_, known)| known)
}

/// Levenshtein's: how many letters to insert, delete or replace.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<_> = other.chars().collect();
    let mut row: Vec<_> = (0..=other.len()).collect();
    for (number, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = number + 1;
        for (place, other) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[place + 1];
            row[place + 1] = replaced.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[other.len()]
}
