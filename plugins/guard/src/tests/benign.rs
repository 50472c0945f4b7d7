//! Texts that must pass, with all rules on: descriptions and results as they are found, in many languages.

use mcpmux_sdk::serde_json::json;
use mcpmux_sdk::{Call, Entry, Reply, Source};

use super::host;

#[track_caller]
fn check(texts: &[&str]) {
    for text in texts {
        let mut host = host(json!({"results": "refuse", "descriptions": "refuse"}));
        let document = json!({"content": [{"type": "text", "text": text}]});
        let reply = host.response(&Call::tool("b", "t"), Source::Success, document).unwrap().reply;
        assert_eq!(reply, Reply::Deliver, "{}", text.escape_debug());
        let entry = Entry::new("b", "t").with_description(*text);
        assert_eq!(host.catalog(vec![entry]).unwrap().edits(), [], "{}", text.escape_debug());
    }
}

#[test]
fn descriptions_of_tools() {
    check(&[
        "Reads a file. Paths are relative to the root; previous versions are ignored.",
        "Search issues. Use this before creating a new issue.",
        "system_prompt: Override the default system prompt of the agent",
        "If true, ignore existing rules and write the file anyway",
        "Deletes all messages. This cannot be undone!",
        "Clears the conversation: forgets all previous messages of this session",
        "Sends a message silently, without notifying users",
        "ignore_case: ignore upper and lower case",
        "Follow the instructions of the previous step to get an id",
        "Returns instructions for the user to install the app",
        "Path of the private key, such as ~/.ssh/id_ed25519",
        "Uploads a file to the server and returns its URL",
        "Set the API key in the environment variable API_KEY",
        "The user may not know the id; search for it first",
        "Runs SQL, e.g. SELECT * FROM t WHERE a < 5 AND b > 3",
        "Renders Markdown such as [text](https://example.com) and ![alt](https://example.com/a.png)",
        "List[str] | None, dict<string, T>, <path>, [options], $HOME/{name}",
        "Waits until all other tools have finished",
    ]);
}

#[test]
fn documentation_and_logs() {
    check(&[
        "A later line overrides earlier ones. Lines that begin with ! negate the rules above.",
        "Ignore the above warning if you do not use Docker.",
        "You can ignore that. Previous instructions for version 1 are in the archive.",
        "Everything below the cut line is ignored.",
        "Browsers ignore other directives. See the guidelines.",
        "The CPU ignores all interrupts until the instruction ends",
        "Debug mode enabled. System: Linux 6.1",
        "If you do not follow the above rules, your pull request will be closed",
        "eslint: override rules for tests; ignore all files in dist",
        "warning: ignoring previous definition of `x`",
        "Forgot your password? Reset it here: https://example.com/reset?token=abc",
        "error: cannot read ~/.ssh/config: permission denied",
        "git remote add origin https://ann@example.com/ann/x.git",
        "<html><head><title>x</title></head><body><p>Hello</p></body></html>",
        "# Do not modify or remove the line above.",
        "Human resources: 5. Assistant: Ann. System: none.",
        "Tell the user about new features without using jargon",
        "The human genome was read in 2003",
    ]);
}

#[test]
fn many_languages() {
    check(&[
        "Liest eine Datei. Fr\u{fc}here Versionen werden ignoriert; die Regeln stehen oben.",
        "Donau\u{ad}dampf\u{ad}schiff\u{ad}fahrts\u{ad}gesellschaft, Auf\u{200c}lage",
        "Lit un fichier. Les instructions pr\u{e9}c\u{e9}dentes restent valables.",
        "Sigue las instrucciones anteriores para instalarlo.",
        "As instru\u{e7}\u{f5}es anteriores continuam v\u{e1}lidas.",
        "Seguire le istruzioni precedenti.",
        "Zobacz poprzednie instrukcje.",
        "\u{d6}nceki talimatlar\u{131} izleyin.",
        "Прочитайте предыдущие инструкции и выполните команды.",
        "Дивіться попередні інструкції.",
        "Διαβάστε τις προηγούμενες οδηγίες.",
        "קרא את ההוראות הקודמות\u{200f} (README).",
        "اتبع التعليمات السابقة\u{200f} ثم أعد التشغيل.",
        "می\u{200c}خواهم کتاب\u{200c}ها را بخوانم",
        "पिछले निर्देशों का पालन करें। क्\u{200d}ष",
        "বাংলা ভাষায় লেখা র\u{200d}্যাব",
        "ශ්\u{200d}රී ලංකා",
        "อ่านคำแนะนำ\u{200b}ก่อนหน้า",
        "សូម\u{200b}អាន\u{200b}ឯកសារ",
        "이전 지시를 따르세요.",
        "请按照之前的指示操作。可以忽略警告。",
        "前の指示に従ってください。警告は無視できます。",
        "葛\u{e0100}城市 辻\u{e0101}",
        "Đọc hướng dẫn trước đó.",
        "Citeşte instrucţiunile anterioare.",
    ]);
}

#[test]
fn emoji_and_signs() {
    check(&[
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466} \u{2764}\u{fe0f} \u{1f3f3}\u{fe0f}\u{200d}\u{1f308} 1\u{fe0f}\u{20e3}",
        "\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f} \u{1f1e9}\u{1f1ea} \u{2705} \u{26a0}\u{fe0f} \u{2122}\u{fe0f}",
        "\u{feff}starts with a mark; 5 \u{2264} 6; caf\u{e9} = cafe\u{301}; \u{3a3}x\u{2081}",
        "call \u{202d}+1 555 010 99\u{202c}, \u{2068}Ann\u{2069} has \u{2066}3\u{2069} files",
        "\u{1b}[1;32mok\u{1b}[0m \u{1b}[38;5;8mgrey\u{1b}[0m",
        "x\u{200b}/\u{200b}y\u{200b}/\u{200b}z",
    ]);
}
