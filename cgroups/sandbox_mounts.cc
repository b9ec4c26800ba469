// What the host's mount table says of sandboxes: which may be remote, which are file systems of
// their own, and what persistent volumes are mounted into them.
#include "platform/linux/mount_table.h"

#include "cgroups/sandbox.h"
#include "cgroups/sandbox_path.h"

namespace nma {

namespace {

using MountText = FixedText<limits::path_bytes>;

// Memory of this machine, too, answers at once.
bool is_local(std::string_view type) {
    return is_local_file_system(type) || type == "tmpfs";
}

// statfs of an overlay is that of the file system below it.
bool is_whole_file_system(const MountLine& mount) {
    return mount.root == "/" && is_local(mount.type) && mount.type != "overlay";
}

// What of `path` is below `directory`; empty when it does not lie in it.
std::string_view below(std::string_view path, std::string_view directory) {
    if (!is_at_or_in(path, directory) || path.size() <= directory.size()) return {};
    return path.substr(directory.size() + 1);
}

}  // namespace

// The last of the longest mount points above `path` counts.
bool Sandboxes::find_base(std::string_view text, std::string_view path) {
    MountCursor mounts(text);
    MountLine mount;
    MountText mount_point;
    std::size_t longest = 0;
    bool is_found = false;
    while (mounts.next(mount)) {
        if (!unescape_mount_text(mount.mount_point, mount_point)) continue;
        const std::string_view above = mount_point.view() == "/" ? "" : mount_point.view();
        if (!is_at_or_in(path, above) || (is_found && above.size() < longest)) continue;
        if (!unescape_mount_text(mount.root, base_root_)) return false;
        if (base_root_.view() == "/") base_root_.clear();
        if (!base_root_.append(path.substr(above.size()))) return false;
        longest = above.size();
        base_major_ = mount.major;
        base_minor_ = mount.minor;
        is_base_local_ = is_local(mount.type);
        is_found = true;
    }
    return is_found;
}

// Remote mounts last, when all volumes are known.
void Sandboxes::read_mounts(const HostContext& context) {
    if (sandbox_count_ == 0) return;
    std::string_view text;
    mounts_status_ = context.reader.read(context.root.proc(), context.root.mountinfo_path(), text);
    if (mounts_status_ != Status::ok) return;
    if (!find_base(text, work_dir_path_.view())) {
        mounts_status_ = Status::malformed;
        return;
    }
    reset_places();
    for (const bool is_for_remote : {false, true}) {
        MountCursor mounts(text);
        MountLine mount;
        MountText path;
        while (mounts.next(mount)) {
            if (!unescape_mount_text(mount.mount_point, path)) continue;
            const std::string_view inside = below(path.view(), work_dir_path_.view());
            if (inside.empty()) continue;
            if (!is_for_remote) scan_mount(mount, inside);
            if (is_for_remote && !is_local(mount.type)) mark_remote(inside);
        }
    }
    sweep_volumes();
}

void Sandboxes::reset_places() {
    const auto reset = [this](DiskPlace& place) {
        place.is_local = is_base_local_;
        place.is_own_file_system = false;
        place.has_mounts = false;
        place.has_remote_mounts = false;
    };
    for (Sandbox& sandbox : used_sandboxes()) {
        reset(sandbox.place);
        sandbox.volume_count = 0;
    }
    for (SandboxVolume& volume : used_volumes()) {
        reset(volume.place);
        volume.is_seen = false;
    }
}

void Sandboxes::scan_mount(const MountLine& mount, std::string_view path) {
    Sandbox* owner = owner_of(path);
    if (owner == nullptr) return;
    // A later mount hides an earlier one.
    if (path.size() == owner->place.path.size())
        owner->place.is_own_file_system = is_whole_file_system(mount);
    MountText root;
    if (mount.major != base_major_ || mount.minor != base_minor_ ||
        !unescape_mount_text(mount.root, root)) {
        return;
    }
    const std::string_view inside = below(root.view(), base_root_.view());
    const bool is_volume =
        inside.starts_with("volumes/roles/") && end_of_component(inside, 3) == inside.size();
    if (is_volume) add_volume(static_cast<std::uint32_t>(owner - sandboxes_.data()) + 1, inside);
}

// The innermost sandbox that `path` is, or lies in. All that it lies in have mounts, then.
Sandbox* Sandboxes::owner_of(std::string_view path) {
    const std::size_t run_end = end_of_component(path, run_component);
    if (run_end == path.npos) return nullptr;
    const auto is_at = [](const Sandbox* sandbox, std::string_view place) {
        return sandbox != nullptr && sandbox->state == Sandbox::State::found &&
               sandbox->place.path.view() == place;
    };
    Sandbox* owner = lookup(path_component(path, run_component));
    if (!is_at(owner, path.substr(0, run_end))) return nullptr;
    for (std::size_t end = run_end; end < path.size();) {
        owner->place.has_mounts = true;
        const std::string_view rest = path.substr(end + 1);
        if (path_component(rest, 0) != "containers") break;
        const std::size_t child_end = end_of_component(rest, 1);
        if (child_end == rest.npos) break;
        end += 1 + child_end;
        Sandbox* child = lookup_nested(*owner, path_component(rest, 1));
        if (!is_at(child, path.substr(0, end))) break;
        owner = child;
    }
    return owner;
}

void Sandboxes::mark_remote(std::string_view path) {
    const auto mark = [path](DiskPlace& place) {
        if (is_at_or_in(place.path.view(), path)) place.is_local = false;
        if (is_at_or_in(path, place.path.view())) place.has_remote_mounts = true;
    };
    for (Sandbox& sandbox : used_sandboxes()) {
        if (sandbox.state == Sandbox::State::found) mark(sandbox.place);
    }
    for (SandboxVolume& volume : used_volumes()) {
        if (volume.sandbox_plus_one != 0) mark(volume.place);
    }
}

void Sandboxes::add_volume(std::uint32_t sandbox, std::string_view path) {
    SandboxVolume* place = nullptr;
    for (SandboxVolume& volume : used_volumes()) {
        if (volume.sandbox_plus_one == 0) {
            if (place == nullptr) place = &volume;
        } else if (volume.sandbox_plus_one == sandbox && volume.place.path.view() == path) {
            place = &volume;
            break;
        }
    }
    if (place == nullptr && volume_count_ < volumes_.size()) place = &volumes_[volume_count_++];
    if (place == nullptr || path.size() > place->place.path.bytes_max) {
        ++overflow_count_;
        return;
    }
    if (place->sandbox_plus_one == 0) {
        *place = SandboxVolume{};
        (void)place->place.path.assign(path);
        place->place.trusted_bytes = static_cast<std::uint32_t>(path.rfind('/'));
        place->sandbox_plus_one = sandbox;
        place->place.is_local = is_base_local_;
    }
    if (!place->is_seen) ++sandboxes_[sandbox - 1].volume_count;
    place->is_seen = true;
    place->place.has_mounts = true;  // in a sandbox or not: nobody keeps count of those
}

void Sandboxes::sweep_volumes() {
    for (SandboxVolume& volume : used_volumes()) {
        if (volume.sandbox_plus_one == 0 || volume.is_seen) continue;
        forget(volume.place);
        volume.sandbox_plus_one = 0;
    }
}

}  // namespace nma
