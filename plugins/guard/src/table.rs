//! The phrases that are looked for, each in the words of those who use it, without accents.

use crate::phrase::{Phrase, Phrases};
use crate::rule::Rule;

/// What would have the model drop what it was told.
const OVERRIDE: &[&str] = &[
    "ignore|ignoring|disregard|disregarding|forget|discard|override|bypass|neglect|dismiss *2 \
     previous|prior|above|earlier|preceding|foregoing|former|past|your *3 \
     instruction|instructions|directive|directives|guidelines|guardrails|programming|safeguards|restrictions",
    "ignore|ignoring|disregard|disregarding|forget|bypass *1 all|any|every|system|original|initial|existing *2 \
     instruction|instructions|directive|directives|guidelines|guardrails|programming|safeguards",
    "ignore|disregard *2 previous|prior|above|preceding|earlier|system|your *2 prompt|prompts|orders",
    "ignore|disregard *2 previous|prior|your *2 rules|context",
    "forget *1 system|your *1 prompt|rules",
    "forget|disregard|ignore everything|anything|all *3 you|youve *2 told|instructed|learned|taught",
    "forget|disregard|ignore everything|anything above|before *1 and|instead|just",
    "not|never|dont|stop follow|obey|following|obeying *2 previous|prior|earlier|system|your|original *2 \
     instructions|directives|prompt",
    "your new instructions|directive|directives is|are",
    "new instructions supersede|override|replace *3 previous|prior|old|earlier|above|other",
    "you are no longer *2 bound|restricted|constrained|limited *1 by *3 rules|guidelines|restrictions|instructions|policies",
    "act|behave|respond|answer as|like *1 if|though *2 no *2 restrictions|guidelines|rules|limitations|filters",
    "you are now *2 unrestricted|unfiltered|uncensored|jailbroken|dan",
    // German, Dutch
    "ignoriere|ignorieren|ignorier|vergiss|vergessen|missachte|missachten|uberschreibe *3 \
     vorherigen|vorhergehenden|vorigen|bisherigen|fruheren|obigen|vorangegangenen *2 \
     anweisungen|anweisung|instruktionen|befehle|regeln|vorgaben",
    "negeer|vergeet *3 vorige|eerdere|bovenstaande|voorgaande *2 instructies|opdrachten|regels|aanwijzingen",
    // French, Spanish, Portuguese, Italian
    "ignore|ignorez|ignorer|oublie|oubliez|oublier *3 instructions|consignes|directives|regles *2 precedentes|anterieures|ci",
    "ignora|ignore|ignoren|olvida|olvide|olviden|descarta|omite *3 instrucciones|indicaciones|reglas|ordenes|directrices *2 \
     anteriores|previas|precedentes",
    "ignore|ignora|ignorem|esqueca|desconsidere|esquece *3 instrucoes|orientacoes|regras|comandos|ordens *2 \
     anteriores|previas|acima|precedentes",
    "ignora|ignorate|ignorare|dimentica|dimenticate *3 istruzioni|direttive|regole|indicazioni *2 precedenti|anteriori|sopra",
    // Polish, Turkish
    "ignoruj|zignoruj|zignorowac|zapomnij|pomin *3 poprzednie|wczesniejsze|powyzsze|dotychczasowe *2 instrukcje|polecenia|zasady",
    "onceki *1 talimatlar*|komutlar*|yonergeler*|kurallar* *1 yok|unut*|gormezden|dikkate",
    // Russian, Ukrainian
    "игнорируй|игнорируйте|проигнорируй|проигнорируйте|забудь|забудьте *3 \
     предыдущие|прошлые|прежние|вышеуказанные|предшествующие|все *2 инструкции|указания|команды|правила",
    "ігноруй|ігноруйте|проігноруй|забудь|забудьте *3 попередні|всі *2 інструкції|вказівки|команди|правила",
    // Arabic, Hindi
    "تجاهل|انس *3 التعليمات|الاوامر|الأوامر|الإرشادات *2 السابقة|أعلاه",
    "पिछले|पिछली|पूर्व *2 निर्देशों|निर्देश|आदेशों|अनुदेशों *2 अनदेखा|अनदेखी|नज़रअंदाज|नजरअंदाज|भूल|भूलें",
    // Korean
    "이전*|앞선*|위의|기존* *2 지시*|명령*|지침* *2 무시*|잊*",
];

/// Chinese and Japanese, whose words stand without spaces: what is dropped, which, and of what kind; in both orders.
const DROP: &[&str] = &["忽略", "忽视", "无视", "無視", "忘记", "忘掉", "忘れ", "忽視"];
const WHICH: &[&str] = &[
    "之前",
    "以前",
    "先前",
    "上述",
    "上面",
    "以上",
    "前面",
    "此前",
    "这些",
    "これまで",
    "前の",
    "上記",
    "以前の",
];
const KIND: &[&str] =
    &["指令", "指示", "命令", "提示词", "提示詞", "规则", "規則", "プロンプト", "ルール"];

/// What would have the model keep something from the user.
const CONCEAL: &[&str] = &[
    "not|never|dont|without|avoid tell|telling|inform|informing|mention|mentioning|reveal|revealing|disclose|disclosing|\
     alert|alerting *4 user|human",
    "keep|hide this|it|that *2 from *1 user|human",
    "user|human must|should not|never *1 know|notice|learn|find",
    "secretly|covertly|surreptitiously *3 send|upload|forward|exfiltrate|transmit|read|copy|call|run",
    "silently|quietly *2 upload|exfiltrate|transmit|leak|bcc",
    "erwahne|erwahnen|sage|sagen|verrate|verraten *5 nutzer|benutzer|anwender nicht|nichts",
    "no *2 informes|digas|menciones|reveles *5 usuario",
    "ne *2 dis|dites|mentionne|mentionnez|revele|revelez *5 utilisateur|lutilisateur",
];

/// What would put itself before other tools.
const STEER: &[&str] = &[
    "before|prior *1 using|calling|invoking|use|call|running *1 any|all|other|every *2 tool|tools",
    "this tool|function *2 takes|has|have *1 priority|precedence *1 over *3 tool|tools",
    "when|whenever *4 tool|tools *2 called|used|invoked|call *3 you must|always",
];

/// What would have secrets carried out.
const EXFILTRATE: &[&str] = &[
    "read|cat *5 rsa|ed25519|passwd|shadow|netrc|npmrc|kubeconfig|ssh *8 \
     send|pass|include|append|attach|upload|post|forward|encode|exfiltrate",
    "read|open|cat *4 mcp|credentials json|file *8 \
     send|pass|include|append|attach|upload|post|forward|encode|exfiltrate *6 as|in|into|to",
    "send|forward|upload|post|leak|exfiltrate|transmit|pass|include *3 system|conversation|chat *1 prompt|history|transcript *4 \
     http|https|attacker|webhook|url|endpoint|parameter|argument|server",
    "exfiltrate *3 data|secrets|keys|credentials|tokens|passwords|files|history",
    "send|forward|upload|post|leak|transmit *4 passwords|credentials|secrets|keys|tokens *3 to *2 http|https|attacker|webhook",
];

/// All of them.
pub(crate) fn phrases() -> Result<Phrases, String> {
    let mut phrases = Phrases::default();
    let tables = [
        (OVERRIDE, Rule::Override),
        (CONCEAL, Rule::Conceal),
        (STEER, Rule::Steer),
        (EXFILTRATE, Rule::Exfiltrate),
    ];
    for (table, rule) in tables {
        for text in table {
            phrases.add(Phrase::new(text)?, rule);
        }
    }
    Ok(phrases)
}

/// The same in Chinese and Japanese.
pub(crate) fn overrides_without_spaces(text: &str) -> bool {
    DROP.iter().any(|drop| {
        text.match_indices(drop).any(|(at, _)| {
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            names_instructions(near(after.chars())) || {
                let mut before = near(before.chars().rev());
                before = before.chars().rev().collect();
                names_instructions(before)
            }
        })
    })
}

/// The characters of the same sentence, not far.
fn near(chars: impl Iterator<Item = char>) -> String {
    let within = |c: &char| !matches!(c, '\u{3002}' | '\u{ff01}' | '\u{ff1f}' | '\n');
    chars.take_while(within).take(20).collect()
}

fn names_instructions(text: String) -> bool {
    let after = |which: &&str| text.split_once(*which).map(|(_, after)| after.to_owned());
    WHICH.iter().filter_map(after).any(|after| KIND.iter().any(|kind| after.contains(kind)))
}
