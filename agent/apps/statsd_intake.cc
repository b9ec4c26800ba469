#include "agent/apps/statsd_intake.h"

#include "platform/base/text_cursor.h"

namespace nma {

namespace {

constexpr std::string_view id_prefix = "ci-";
constexpr std::string_view inode_prefix = "in-";

// The last line was cut, and half a number is another number.
std::span<char> whole_lines(std::span<char> packet) {
    const std::size_t end = std::string_view(packet.data(), packet.size()).rfind('\n');
    return packet.first(end == std::string_view::npos ? 0 : end + 1);
}

}  // namespace

void StatsdIntake::start(AppStore& store, const ContainerQuestions& questions,
                         std::string_view nobody_id) {
    store_ = &store;
    questions_ = questions;
    nobody_id_ = nobody_id;
}

void StatsdIntake::begin(SenderPlace place, std::string_view container_id, std::uint64_t now_ns) {
    is_field_honoured_ = place == SenderPlace::outside;
    const std::string_view id = place == SenderPlace::container ? container_id
                                : place == SenderPlace::outside ? nobody_id_
                                                                : std::string_view();
    if (!sender_id_.assign(id)) sender_id_.clear();
    sender_ = no_app_container;
    // Nothing is closed while packets of one time are taken.
    if (now_ns != now_ns_) field_.clear();
    now_ns_ = now_ns;
}

void StatsdIntake::take(std::span<char> packet, bool is_truncated) {
    if (is_truncated) {
        store_->note(sender(), AppCount::truncated_packet, 1);
        packet = whole_lines(packet);
    }
    store_->begin_packet();
    parse_statsd_packet(packet, {this, on_sample, on_malformed, on_skipped});
    store_->end_packet();
}

AppContainer StatsdIntake::open(std::string_view id) {
    const AppContainer found = store_->find(id);
    return found != no_app_container ? found : store_->open(id);
}

AppContainer StatsdIntake::sender() {
    if (sender_ == no_app_container && !sender_id_.empty()) sender_ = open(sender_id_.view());
    return sender_;
}

// "ci-<id>", "in-<inode>", or an ID, which may itself begin with one of these.
bool StatsdIntake::find_named(std::string_view field, ContainerIdText& id) const {
    const auto exists = [this, &id](std::string_view text) {
        return !text.empty() && questions_.exists != nullptr &&
               questions_.exists(questions_.context, text) && id.assign(text);
    };
    std::uint64_t inode = 0;
    if (field.starts_with(id_prefix) && exists(field.substr(id_prefix.size()))) return true;
    if (field.starts_with(inode_prefix) && parse_u64(field.substr(inode_prefix.size()), inode)) {
        if (questions_.by_inode != nullptr && questions_.by_inode(questions_.context, inode, id)) {
            return true;
        }
    }
    return exists(field);
}

bool StatsdIntake::find_container_of_field(std::string_view field, AppContainer& container) {
    if (field != field_.view()) {
        ContainerIdText id;
        is_field_known_ = find_named(field, id);
        field_container_ = is_field_known_ ? open(id.view()) : no_app_container;
        // A field that is too long to be kept is longer than any ID, too.
        if (!field_.assign(field)) field_.clear();
    }
    container = field_container_;
    return is_field_known_;
}

void StatsdIntake::on_sample(void* self, const StatsdSample& sample, std::string_view field) {
    auto& intake = *static_cast<StatsdIntake*>(self);
    ++intake.counts_.samples;
    AppContainer container = no_app_container;
    const bool is_named = intake.is_field_honoured_ && !field.empty();
    if (is_named && !intake.find_container_of_field(field, container)) {
        ++intake.counts_.unknown_container_samples;
        return;
    }
    if (!is_named && intake.sender_id_.empty()) {
        ++intake.counts_.unattributed_samples;
        return;
    }
    if (!is_named) container = intake.sender();
    if (container == no_app_container) {
        ++intake.counts_.unheld_samples;
    } else {
        intake.store_->apply(container, sample, intake.now_ns_);
    }
}

// The store counts what is no container's in its totals.
void StatsdIntake::on_malformed(void* self, std::string_view) {
    auto& intake = *static_cast<StatsdIntake*>(self);
    intake.store_->note(intake.sender(), AppCount::malformed_line, 1);
}

void StatsdIntake::on_skipped(void* self, StatsdSkipped kind) {
    auto& intake = *static_cast<StatsdIntake*>(self);
    const AppCount what =
        kind == StatsdSkipped::event ? AppCount::skipped_event : AppCount::skipped_service_check;
    intake.store_->note(intake.sender(), what, 1);
}

void StatsdIntake::note_dropped(std::uint64_t packet_count) {
    store_->note(sender(), AppCount::dropped_packet, packet_count);
}

}  // namespace nma
