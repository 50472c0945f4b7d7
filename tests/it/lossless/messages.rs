//! Every type of message of every revision, with all that it can hold; `{v}` stands for members of a vendor's.

use super::Case;
use super::Kind::{Ask, Fails, InCall, List, News, Request, Said};

const ANY: (&str, &str) = ("2024-11-05", "2026-07-28");
const LEGACY: (&str, &str) = ("2024-11-05", "2025-11-25");
const MODERN: (&str, &str) = ("2026-07-28", "2026-07-28");
const MIDDLE: (&str, &str) = ("2025-06-18", "2025-11-25");
const TASKS: (&str, &str) = ("2025-11-25", "2025-11-25");
/// Revisions with structured content, links, titles.
const RICH: (&str, &str) = ("2025-06-18", "2026-07-28");
/// Revisions with icons, URL elicitation, sampling with tools.
const NEWEST: (&str, &str) = ("2025-11-25", "2026-07-28");

const fn case(name: &'static str, of: (&'static str, &'static str), kind: super::Kind) -> Case {
    Case { name, since: of.0, until: of.1, kind }
}

const CALL: &str = r#""name":"echo","arguments":{"a":1.50,"deep":{"er":[[]]}{v}}{v}"#;
const TEXT: &str = r#"{"content":[{"type":"text","text":"ok"}]}"#;

/// The table. Names are those of the methods, with what makes the case special after a space.
pub const CASES: &[Case] = &[
    case(
        "tools/list",
        ANY,
        List {
            key: "tools",
            entry: r#"{"name":"full","description":"Does \u00e9 \/ all.","inputSchema":{"type":"object","properties":{"n":{"type":"number","minimum":1.0{v}}},"required":["n"]}{v}}"#,
        },
    ),
    case(
        "tools/list rich",
        NEWEST,
        List {
            key: "tools",
            entry: r##"{"name":"rich","title":"Rich","description":"Does it","icons":[{"src":"data:image/png;base64,AA==","mimeType":"image/png","sizes":["48x48"],"theme":"dark"{v}}],"inputSchema":{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","$defs":{"d":{"type":"string"}},"properties":{"d":{"$ref":"#/$defs/d"}}},"outputSchema":{"type":"object","properties":{}},"annotations":{"title":"T","readOnlyHint":true,"destructiveHint":false,"idempotentHint":true,"openWorldHint":false{v}},"execution":{"taskSupport":"optional"},"_meta":{"vendor.test/x":[1.0]{v}}{v}}"##,
        },
    ),
    case(
        "prompts/list",
        ANY,
        List {
            key: "prompts",
            entry: r#"{"name":"hello","description":"Greets","arguments":[{"name":"who","description":"Whom","required":true{v}}]{v}}"#,
        },
    ),
    case(
        "resources/list",
        ANY,
        List {
            key: "resources",
            entry: r#"{"uri":"test://one","name":"one","description":"One","mimeType":"text/plain","size":123,"annotations":{"audience":["user","assistant"],"priority":0.123456789012{v}}{v}}"#,
        },
    ),
    case(
        "resources/templates/list",
        ANY,
        List {
            key: "resourceTemplates",
            entry: r#"{"uriTemplate":"test://{id}","name":"any","description":"Any","mimeType":"text/plain","annotations":{"audience":["user"],"priority":1.0{v}}{v}}"#,
        },
    ),
    case(
        "tools/call",
        ANY,
        Request {
            params: CALL,
            meta: r#""progressToken":"t","vendor.test/m":{"a":1.0}"#,
            result: r#"{"content":[{"type":"text","text":"a\nb \u2028","annotations":{"audience":["user"],"priority":0.123456789012{v}}{v}},{"type":"image","data":"AA==","mimeType":"image/png"{v}},{"type":"resource","resource":{"uri":"test://one","mimeType":"text/plain","text":"x"{v}}{v}},{"type":"resource","resource":{"uri":"test://two","blob":"AA=="}}],"isError":false,"_meta":{"vendor.test/r":[1.0]}{v}}"#,
        },
    ),
    case(
        "tools/call rich",
        RICH,
        Request {
            params: CALL,
            meta: "",
            result: r#"{"content":[{"type":"audio","data":"AA==","mimeType":"audio/wav"{v}},{"type":"resource_link","uri":"test://one","name":"one","title":"One","description":"d","mimeType":"text/plain","size":7,"annotations":{"lastModified":"2026-01-01T00:00:00Z"{v}},"_meta":{"a":{}}{v}}],"structuredContent":{"n":1.50,"big":9007199254740991{v}},"isError":true}"#,
        },
    ),
    case(
        "tools/call of a task",
        TASKS,
        Request {
            params: r#""name":"echo","arguments":{},"task":{"ttl":60000{v}}"#,
            meta: "",
            result: r#"{"task":{"taskId":"task-1","status":"working","statusMessage":"m","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":60000,"pollInterval":500{v}}{v}}"#,
        },
    ),
    case(
        "tools/call with an error",
        ANY,
        Fails {
            error: r#"{"code":-31234,"message":"it is \"wrong\"","data":{"why":["because",1.0]{v}}}"#,
        },
    ),
    case(
        "prompts/get",
        ANY,
        Request {
            params: r#""name":"hello","arguments":{"who":"\u00e9"}{v}"#,
            meta: r#""vendor.test/m":1"#,
            result: r#"{"description":"d","messages":[{"role":"user","content":{"type":"text","text":"t"{v}}{v}},{"role":"assistant","content":{"type":"image","data":"AA==","mimeType":"image/png"}},{"role":"user","content":{"type":"resource","resource":{"uri":"test://one","text":"x"}}}],"_meta":{"a":1.0}{v}}"#,
        },
    ),
    case(
        "resources/read",
        ANY,
        Request {
            params: r#""uri":"test://one"{v}"#,
            meta: r#""vendor.test/m":1"#,
            result: r#"{"contents":[{"uri":"test://one","mimeType":"text/plain","text":"x\u0000"{v}},{"uri":"test://one","blob":"AA=="{v}}],"_meta":{"a":1.0}{v}}"#,
        },
    ),
    case(
        "resources/read of a template",
        ANY,
        Request {
            params: r#""uri":"test://42""#,
            meta: "",
            result: r#"{"contents":[{"uri":"test://42","text":""}]}"#,
        },
    ),
    case(
        "resources/subscribe",
        LEGACY,
        Request { params: r#""uri":"test://one""#, meta: "", result: "{}" },
    ),
    case(
        "resources/unsubscribe",
        LEGACY,
        Request { params: r#""uri":"test://one""#, meta: "", result: "{}" },
    ),
    case(
        "completion/complete",
        ANY,
        Request {
            params: r#""ref":{"type":"ref/prompt","name":"hello"{v}},"argument":{"name":"who","value":"w"{v}}{v}"#,
            meta: "",
            result: r#"{"completion":{"values":["world","\u00e9"],"total":2,"hasMore":false{v}},"_meta":{"a":1.0}{v}}"#,
        },
    ),
    case(
        "completion/complete of a resource",
        RICH,
        Request {
            params: r#""ref":{"type":"ref/resource","uri":"test://{id}"},"argument":{"name":"id","value":"4"},"context":{"arguments":{"a":"b"}{v}}"#,
            meta: "",
            result: r#"{"completion":{"values":[]}}"#,
        },
    ),
    case(
        "logging/setLevel",
        LEGACY,
        Request { params: r#""level":"debug""#, meta: "", result: "{}" },
    ),
    case(
        "tasks/get",
        TASKS,
        Request {
            params: r#""taskId":"task-1""#,
            meta: "",
            result: r#"{"taskId":"task-1","status":"completed","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":null,"pollInterval":1{v}}"#,
        },
    ),
    case(
        "tasks/result",
        TASKS,
        Request {
            params: r#""taskId":"task-1""#,
            meta: "",
            result: r#"{"content":[{"type":"text","text":"ok"}],"_meta":{"io.modelcontextprotocol/related-task":{"taskId":"task-1"}}{v}}"#,
        },
    ),
    case(
        "tasks/list",
        TASKS,
        Request {
            params: "",
            meta: "",
            result: r#"{"tasks":[{"taskId":"task-1","status":"cancelled","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":1{v}}]}"#,
        },
    ),
    case(
        "tasks/cancel",
        TASKS,
        Request {
            params: r#""taskId":"task-1""#,
            meta: "",
            result: r#"{"taskId":"task-1","status":"cancelled","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":1{v}}"#,
        },
    ),
    case(
        "tools/call that needs input",
        MODERN,
        Request {
            params: r#""name":"echo","arguments":{}{v}"#,
            meta: "",
            result: r#"{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{"n":{"type":"number","minimum":1.0}}}{v}}},"b":{"method":"roots/list"}}{v}}"#,
        },
    ),
    case(
        "tools/call with input",
        MODERN,
        Request {
            params: r#""name":"echo","arguments":{},"inputResponses":{"a":{"action":"accept","content":{"n":2}{v}},"b":{"roots":[{"uri":"file:///a"}]}}"#,
            meta: "",
            result: r#"{"resultType":"complete","content":[]}"#,
        },
    ),
    case(
        "roots/list",
        LEGACY,
        Ask {
            params: "",
            result: r#"{"roots":[{"uri":"file:///a%20b","name":"n"{v}}],"_meta":{"a":1.0}{v}}"#,
        },
    ),
    case(
        "sampling/createMessage",
        LEGACY,
        Ask {
            params: r#""messages":[{"role":"user","content":{"type":"text","text":"t"{v}}{v}}],"modelPreferences":{"hints":[{"name":"h"{v}}],"costPriority":0.1,"speedPriority":1.0,"intelligencePriority":0.123456789012{v}},"systemPrompt":"s","includeContext":"none","temperature":0.70,"maxTokens":5,"stopSequences":["x"],"metadata":{"m":1.0}{v}"#,
            result: r#"{"role":"assistant","content":{"type":"text","text":"t"{v}},"model":"m","stopReason":"endTurn","_meta":{"a":1.0}{v}}"#,
        },
    ),
    case(
        "sampling/createMessage with tools",
        TASKS,
        Ask {
            params: r#""messages":[{"role":"assistant","content":[{"type":"tool_use","id":"u","name":"n","input":{"a":1.50}{v}}]},{"role":"user","content":[{"type":"tool_result","toolUseId":"u","content":[{"type":"text","text":"x"}],"isError":false{v}}]}],"maxTokens":5,"tools":[{"name":"n","inputSchema":{"type":"object"}{v}}],"toolChoice":{"mode":"auto"{v}}"#,
            result: r#"{"role":"assistant","content":[{"type":"tool_use","id":"v","name":"n","input":{}}],"model":"m","stopReason":"toolUse"}"#,
        },
    ),
    case(
        "elicitation/create",
        MIDDLE,
        Ask {
            params: r#""message":"m \u00e9","requestedSchema":{"type":"object","properties":{"n":{"type":"number","title":"N","minimum":1,"maximum":2{v}},"s":{"type":"string","format":"email"},"b":{"type":"boolean","default":true}},"required":["n"]}{v}"#,
            result: r#"{"action":"accept","content":{"n":2,"s":"x","b":false},"_meta":{"a":1.0}{v}}"#,
        },
    ),
    case(
        "elicitation/create by URL",
        TASKS,
        Ask {
            params: r#""mode":"url","message":"m","url":"https://example.test/?a=b%20c","elicitationId":"e-1"{v}"#,
            result: r#"{"action":"decline"{v}}"#,
        },
    ),
    case(
        "notifications/progress",
        ANY,
        InCall { params: r#""progressToken":$token,"progress":0.5,"total":1.50{v}"# },
    ),
    case(
        "notifications/progress with a message",
        RICH,
        InCall {
            params: r#""progressToken":$token,"progress":1.0,"total":2,"message":"m","_meta":{"a":1.0}"#,
        },
    ),
    case(
        "notifications/message",
        ANY,
        InCall { params: r#""level":"warning","logger":"l","data":{"a":[1.50,null]{v}}{v}"# },
    ),
    case("notifications/resources/updated", LEGACY, News { params: r#""uri":"test://one"{v}"# }),
    case(
        "notifications/resources/updated modern",
        MODERN,
        News {
            params: r#""uri":"test://one","_meta":{"io.modelcontextprotocol/subscriptionId":$subscription}{v}"#,
        },
    ),
    case(
        "notifications/elicitation/complete",
        TASKS,
        News { params: r#""elicitationId":"e-1"{v}"# },
    ),
    case(
        "notifications/tasks/status",
        TASKS,
        News {
            params: r#""taskId":"task-1","status":"working","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":1{v}"#,
        },
    ),
    case("notifications/roots/list_changed", LEGACY, Said { params: r#""_meta":{"a":1.0}"# }),
    case(
        "notifications/cancelled",
        LEGACY,
        Said { params: r#""requestId":$id,"reason":"r \u00e9""# },
    ),
];

/// What no schema allows or no parser of numbers keeps, and which still is not mcpmux's to change.
pub const ODD: &[Case] = &[
    case(
        "tools/list odd annotations",
        NEWEST,
        List {
            key: "tools",
            entry: r#"{"annotations":{"readOnlyHint":"yes","title":7,"extra":[]},"name":"odd-1","inputSchema":{"type":"object"},"execution":{"taskSupport":"sometimes"},"icons":0,"title":null}"#,
        },
    ),
    case(
        "tools/list boolean schema",
        RICH,
        List {
            key: "tools",
            entry: r#"{"name":"odd-2","inputSchema":{"type":"object","properties":{"a":true}},"outputSchema":true}"#,
        },
    ),
    case("tools/list without schema", ANY, List { key: "tools", entry: r#"{"name":"odd-3"}"# }),
    case(
        "tools/list numbers",
        ANY,
        List {
            key: "tools",
            entry: r#"{"name":"odd-4","inputSchema":{"type":"object","maximum":1e400,"minimum":-0.0,"default":18446744073709551616,"x":1E+2}}"#,
        },
    ),
    case(
        "tools/call odd content",
        ANY,
        Request {
            params: r#""name":"echo","arguments":{"n":[9007199254740993,18446744073709551616,1e400,-0.0,1.0,1E+2]}"#,
            meta: r#""vendor.test/n":1e400,"progressToken":9007199254740993"#,
            result: r#"{"content":[{"type":"hologram","x":{"y":1e400}},{"type":"resource_link","uri":"test://one"},{"type":"text","text":"\ud83d\ude00 \/","annotations":{"audience":"user","priority":"high"}},7,null],"isError":"no","structuredContent":[1,"two",18446744073709551616]}"#,
        },
    ),
    case(
        "tools/call another type's result",
        ANY,
        Request {
            params: r#""name":"echo","arguments":{}"#,
            meta: "",
            result: r#"{"action":"accept","content":{"a":1},"contents":[],"roots":[],"ttl":5,"pollInterval":1.0}"#,
        },
    ),
    case(
        "tools/call without arguments",
        ANY,
        Request { params: r#""name":"echo""#, meta: "", result: TEXT },
    ),
    case(
        "tools/call null arguments",
        ANY,
        Request {
            params: r#""name":"echo","arguments":null"#,
            meta: "",
            result: r#"{"content":null,"_meta":{}}"#,
        },
    ),
    case(
        "tools/call deep",
        ANY,
        Request {
            params: r#""name":"echo","arguments":{"d":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"#,
            meta: "",
            result: r#"{"content":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{}]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"#,
        },
    ),
    case(
        "tools/call fractional code",
        ANY,
        Fails { error: r#"{"code":-32000.0,"message":"m","data":{"n":1e400},"extra":1}"# },
    ),
    case(
        "prompts/get odd",
        ANY,
        Request {
            params: r#""name":"hello","arguments":{"n":1.0,"o":{}}"#,
            meta: "",
            result: r#"{"messages":[{"role":"system","content":"plain"},{"role":"user","content":{"type":"hologram","n":1e400}}]}"#,
        },
    ),
    case(
        "resources/list odd",
        ANY,
        List {
            key: "resources",
            entry: r#"{"uri":"test://odd","name":"odd","size":1.0,"annotations":{"priority":7,"audience":["system"]},"title":false}"#,
        },
    ),
    case(
        "resources/read odd",
        ANY,
        Request {
            params: r#""uri":"test://odd""#,
            meta: "",
            result: r#"{"contents":[{"uri":"test://odd","size":18446744073709551616,"json":{"a":1e400}}]}"#,
        },
    ),
    case(
        "notifications/progress odd",
        ANY,
        InCall {
            params: r#""progressToken":$token,"progress":0.123456789012,"total":1e400,"message":7"#,
        },
    ),
];
