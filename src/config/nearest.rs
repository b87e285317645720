//! What a misspelt word was probably meant to be.

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
