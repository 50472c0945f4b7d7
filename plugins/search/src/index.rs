//! Ranking tools by a query: BM25 over the words of their names, titles and descriptions. The same tools and query
//! always give the same order.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use mcpmux_sdk::entries::Entry;

use crate::nearest::distance;
use crate::words::{is_empty, words};

/// What a word counts for by where it stands.
const IN_NAME: f32 = 4.0;
const IN_TITLE: f32 = 3.0;
const OF_BACKEND: f32 = 2.0;
const IN_DESCRIPTION: f32 = 1.0;

/// What a word counts for that only begins as asked, and one that is written a little otherwise.
const BEGINS: f32 = 0.6;
const SIMILAR: f32 = 0.4;
/// The shortest words that may match so.
const LEAST_BEGINNING: usize = 3;
const LEAST_SIMILAR: usize = 5;

/// BM25's saturation of repeated words, and its weight of a text's length.
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.4;

/// Of a query no more words than these count, and of a description.
const MOST_ASKED: usize = 24;
const MOST_WORDS: usize = 400;

/// The words of some tools.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// Every word that there is, with its number.
    words: BTreeMap<String, usize>,
    tools: Vec<Words>,
    /// How many words a tool has on average.
    average: f32,
}

/// The words of one tool.
#[derive(Debug, Default)]
struct Words {
    /// By number, with what they count for.
    counts: BTreeMap<usize, f32>,
    length: f32,
}

impl Index {
    /// Reads these tools.
    pub(crate) fn new(tools: &[Entry]) -> Self {
        let mut index = Self::default();
        for tool in tools {
            let mut all = Words::default();
            index.read(&tool.name, IN_NAME, &mut all);
            if !tool.exposed.ends_with(&tool.name) {
                // Renamed: it is asked for by what clients see.
                index.read(&tool.exposed, IN_NAME, &mut all);
            }
            index.read(&tool.backend, OF_BACKEND, &mut all);
            index.read(tool.title.as_deref().unwrap_or_default(), IN_TITLE, &mut all);
            index.read(tool.description.as_deref().unwrap_or_default(), IN_DESCRIPTION, &mut all);
            index.tools.push(all);
        }
        let total: f32 = index.tools.iter().map(|tool| tool.length).sum();
        index.average = (total / float(index.tools.len().max(1))).max(1.0);
        index
    }

    fn read(&mut self, text: &str, weight: f32, tool: &mut Words) {
        let mut left = MOST_WORDS;
        words(text, |word| {
            if left == 0 || is_empty(word) {
                return;
            }
            left -= 1;
            let next = self.words.len();
            let number = match self.words.get(word) {
                Some(number) => *number,
                None => {
                    self.words.insert(word.to_owned(), next);
                    next
                }
            };
            *tool.counts.entry(number).or_default() += weight;
            tool.length += 1.0;
        });
    }

    /// The places of the tools that match, the best first; among equals in the order they came.
    pub(crate) fn search(&self, query: &str) -> Vec<usize> {
        let asked = asked(query);
        let mut scores = vec![(0.0_f32, 0_usize); self.tools.len()];
        for word in &asked {
            let alike = self.alike(word);
            let counts: Vec<f32> = self.tools.iter().map(|tool| tool.count(&alike)).collect();
            let found = counts.iter().filter(|count| **count > 0.0).count();
            let rarity = rarity(found, self.tools.len());
            for ((score, words), (count, tool)) in
                scores.iter_mut().zip(counts.iter().zip(&self.tools))
            {
                if *count > 0.0 {
                    let length = 1.0 - LENGTH + LENGTH * tool.length / self.average;
                    *score += rarity * count * (SATURATION + 1.0) / (count + SATURATION * length);
                    *words += 1;
                }
            }
        }
        let mut places: Vec<(usize, f32)> = scores
            .into_iter()
            .enumerate()
            .filter(|(_, (_, words))| *words > 0)
            // Of two tools the one that matches more of what was asked is the better.
            .map(|(place, (score, words))| (place, score * float(words) / float(asked.len())))
            .collect();
        places.sort_by(|(_, first), (_, second)| second.total_cmp(first));
        places.into_iter().map(|(place, _)| place).collect()
    }

    /// The numbers of the words that an asked one matches, and how well; similar ones only if there are no others.
    fn alike(&self, asked: &str) -> BTreeMap<usize, f32> {
        let mut alike = BTreeMap::new();
        if let Some(number) = self.words.get(asked) {
            alike.insert(*number, 1.0);
        }
        if asked.len() >= LEAST_BEGINNING {
            let from = self.words.range(asked.to_owned()..);
            for (_, number) in from.take_while(|(word, _)| word.starts_with(asked)) {
                alike.entry(*number).or_insert(BEGINS);
            }
        }
        if alike.is_empty() && asked.len() >= LEAST_SIMILAR {
            for (word, number) in &self.words {
                if word.len() >= LEAST_SIMILAR - 1 && distance(word, asked, 1).is_some() {
                    alike.insert(*number, SIMILAR);
                }
            }
        }
        alike
    }
}

impl Words {
    fn count(&self, alike: &BTreeMap<usize, f32>) -> f32 {
        alike.iter().filter_map(|(number, how)| Some(self.counts.get(number)? * how)).sum()
    }
}

/// The words of a query, each once; those that say nothing only if there are no others.
fn asked(query: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    words(query, |word| {
        if all.len() < MOST_ASKED && !all.iter().any(|known| known == word) {
            all.push(word.to_owned());
        }
    });
    let telling: Vec<String> = all.iter().filter(|word| !is_empty(word)).cloned().collect();
    if telling.is_empty() { all } else { telling }
}

/// BM25's weight of a word by the number of tools that have it.
fn rarity(found: usize, of: usize) -> f32 {
    let (found, of) = (float(found), float(of));
    ((of - found + 0.5) / (found + 0.5)).ln_1p()
}

#[expect(clippy::cast_precision_loss, reason = "numbers of tools and words are small")]
const fn float(number: usize) -> f32 {
    number as f32
}

/// The index of the tools seen last: a shortcut, as most calls see the same.
#[derive(Debug, Default)]
pub(crate) struct Cache(Option<(u64, Index)>);

impl Cache {
    /// The index of these tools.
    pub(crate) fn index(&mut self, tools: &[Entry]) -> &Index {
        let mut hasher = DefaultHasher::new();
        for tool in tools {
            (&tool.backend, &tool.name, &tool.exposed, &tool.title, &tool.description)
                .hash(&mut hasher);
        }
        let print = hasher.finish();
        let is_same = self.0.as_ref().is_some_and(|(known, _)| *known == print);
        let known = if is_same { self.0.take() } else { None };
        &self.0.insert(known.unwrap_or_else(|| (print, Index::new(tools)))).1
    }
}

#[cfg(test)]
mod tests;
