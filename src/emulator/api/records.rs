//! Records of data stores.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::cxone::wire::{ErrorDetail, Record as Shown, RecordPage};
use crate::emulator::answer::{Answer, Refusal, detail};
use crate::emulator::call::Call;
use crate::emulator::clock::Millis;
use crate::emulator::data_store::{Cascade, Changes, Record, check_links, doomed_with, key, uuid};
use crate::emulator::document::Made;
use crate::emulator::fields::Fields;
use crate::emulator::state::State;

/// Whether a lock on a record holds up the one who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::emulator) enum Locks {
    Hold,
    /// The writer is the one who holds them.
    Yield,
}

/// `GET /api/v2/datastores/{store}/records`: in the order of their ids.
pub(in crate::emulator) fn list(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let store_id = call.param(0);
    call.state.data_store(&store_id)?;
    let page = call.page()?;
    let records = &call.state.records;
    let found = page.within(records.of(&store_id)).into_iter().map(shown).collect();
    let page = RecordPage { records: found, total_count: records.count_of(&store_id) };
    Ok(Answer::ok(json!(page)))
}

/// `GET /api/v2/datastores/{store}/records/{record}`.
pub(in crate::emulator) fn read(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    Ok(Answer::ok(json!(shown(call.state.record(&call.param(0), &call.param(1))?))))
}

/// `POST /api/v2/datastores/{store}/records`.
pub(in crate::emulator) fn create(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let store_id = call.param(0);
    call.state.data_store(&store_id)?;
    let body = call.object()?;
    let (id, mut faults) = new_id(call.state, &body);
    let store = call.state.data_store(&store_id)?;
    let (changes, wrong) = Changes::read(&body, store, &call.state.records, &id);
    faults.extend(wrong);
    if !faults.is_empty() {
        return Err(Refusal::schema(faults));
    }
    if call.state.records.contains(&key(&store_id, &id)) {
        let message = format!("the store has a record {id:?} already");
        return Err(Refusal::conflict("RECORD_EXISTS", message));
    }
    let record = changes.applied_to(Record::new(store_id, id));
    check_links(&call.state.records, store, &record, &changes)?;
    let answer = Answer::created(json!(shown(&record))).having_made(Made::Record(record.key()));
    put(call, record);
    Ok(answer)
}

/// The id that the body gives, or a new one.
fn new_id(state: &mut State, body: &Map<String, Value>) -> (String, Vec<ErrorDetail>) {
    let mut fields = Fields::of(body, "");
    let id = match fields.optional_text("id") {
        None => next_uuid(state),
        Some(text) => {
            uuid(&text).unwrap_or_else(|| fields.fault("id", format!("{text:?} is no UUID")))
        }
    };
    (id, fields.into_faults())
}

/// A UUID that this data directory has never given out.
fn next_uuid(state: &mut State) -> String {
    let number = state.next_number("record");
    let digest = Sha256::digest(format!("record {number}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = crate::emulator::hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// `PATCH /api/v2/datastores/{store}/records/{record}`: only the fields that are named change.
pub(in crate::emulator) fn change(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let (store_id, id) = (call.param(0), call.param(1));
    let body = call.object()?;
    let record = save(call, &store_id, &id, &body, Locks::Hold)?;
    Ok(Answer::ok(json!(shown(&record))).having_made(Made::Record(record.key())))
}

/// Changes a record as the body says and returns it as it is then.
pub(in crate::emulator) fn save(
    call: &mut Call<'_>,
    store_id: &str,
    id: &str,
    body: &Map<String, Value>,
    locks: Locks,
) -> Result<Record, Refusal> {
    let store = call.state.data_store(store_id)?;
    let current = call.state.record(store_id, id)?;
    let (changes, mut faults) = Changes::read(body, store, &call.state.records, &current.id);
    let read = read_version(body, &mut faults);
    if !faults.is_empty() {
        return Err(Refusal::schema(faults));
    }
    let mut record = changes.applied_to(current.clone());
    record.version += 1;
    let touched = touched_children(call.state, &record);
    if locks == Locks::Hold {
        check_unlocked(call.state, &record, call.now)?;
        touched.iter().try_for_each(|child| check_unlocked(call.state, child, call.now))?;
    }
    check_version(current.version, read)?;
    check_links(&call.state.records, store, &record, &changes)?;
    for child in touched {
        call.state.records.insert(child.key(), Record { version: child.version + 1, ..child });
    }
    put(call, record.clone());
    Ok(record)
}

fn read_version(body: &Map<String, Value>, faults: &mut Vec<ErrorDetail>) -> Option<u64> {
    let value = body.get("_version").filter(|value| !value.is_null())?;
    let version = value.as_u64();
    if version.is_none() {
        faults.push(detail("/_version", "must be an integer from 0"));
    }
    version
}

fn check_version(current: u64, read: Option<u64>) -> Result<(), Refusal> {
    match read.filter(|read| *read != current) {
        None => Ok(()),
        Some(read) => {
            let message = format!("the record is at version {current}, not {read}");
            Err(Refusal::conflict("VERSION_CONFLICT", message).with_current_version(current))
        }
    }
}

fn check_unlocked(state: &State, record: &Record, now: Millis) -> Result<(), Refusal> {
    match state.record_locks.get(&record.key()).filter(|lock| lock.holds_at(now)) {
        None => Ok(()),
        Some(lock) => {
            let message = format!("the record {:?} is locked by {}", record.id, lock.held_by);
            Err(Refusal::conflict("RECORD_LOCKED", message))
        }
    }
}

/// The children whose version grows with a change of their parent.
fn touched_children(state: &State, parent: &Record) -> Vec<Record> {
    let children = parent.children(Cascade::Update).into_iter();
    children.filter_map(|id| state.records.get(&key(&parent.store_id, id)).cloned()).collect()
}

fn put(call: &mut Call<'_>, record: Record) {
    call.state.touch_data_store(&record.store_id, call.now);
    call.state.records.insert(record.key(), record);
}

/// `DELETE /api/v2/datastores/{store}/records/{record}`: with the children that its relationships
/// say.
pub(in crate::emulator) fn delete(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let store_id = call.param(0);
    call.state.data_store(&store_id)?;
    let record = call.state.record(&store_id, &call.param(1))?;
    let doomed = doomed_with(&call.state.records, record);
    for one in doomed.values() {
        check_unlocked(call.state, one, call.now)?;
        let mut parents = call.state.records.parents_of(&store_id, &one.id);
        if let Some((field, parent)) =
            parents.find(|(_, parent)| !doomed.contains_key(&key(&store_id, parent)))
        {
            let message = format!("the record {parent:?} names {:?} in {field:?}", one.id);
            return Err(Refusal::conflict("RECORD_REFERENCED", message));
        }
    }
    for key in doomed.into_keys().collect::<Vec<_>>() {
        call.state.remove_record(&key);
    }
    call.state.touch_data_store(&store_id, call.now);
    Ok(Answer::no_content())
}

/// A record as the API shows it.
pub(in crate::emulator) fn shown(record: &Record) -> Shown {
    let mut fields = record.values.clone();
    fields.extend(record.links.iter().map(|(name, link)| (name.clone(), json!(link))));
    Shown { id: record.id.clone(), fields, version: Some(record.version) }
}
