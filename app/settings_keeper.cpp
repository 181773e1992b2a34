#include "app/settings_keeper.hpp"

#include "app/second_folder.hpp"

#include <algorithm>
#include <utility>

namespace backtake::app {
namespace {

using Kind = ui::SettingsOrder::Kind;

Settings withoutTable(Settings settings)
{
    settings.tools.lut = nullptr; // its name is kept
    return settings;
}

} // namespace

void readLut(ui::ImageTools& tools, std::vector<std::string>& troubles)
{
    if (!tools.lut_file.empty()) {
        auto lut = base::readCubeLut(tools.lut_file);
        if (lut)
            tools.lut = *lut;
        else
            troubles.push_back(lut.error().message);
    } else {
        for (const base::CameraLog log : base::kCameraLogs)
            if (tools.lut_name == base::nameOf(log))
                tools.lut = base::logPreset(log);
    }
    tools.lut_on = tools.lut_on && tools.lut;
}

SettingsKeeper::SettingsKeeper(std::filesystem::path file, Settings settled)
    : file_(std::move(file))
    , kept_(withoutTable(std::move(settled)))
{
}

ui::SettingsReport SettingsKeeper::carryOut(const std::filesystem::path& file, const ui::SettingsOrder& order)
{
    ui::SettingsReport report { order.kind, {} };
    const std::filesystem::path named = order.file.empty() ? file : folderFromText(order.file);
    switch (order.kind) {
    case Kind::Save:
        if (const auto saved = save(file, order.settings); !saved)
            report.troubles.push_back("The settings are not saved: " + saved.error().message);
        break;
    case Kind::Export:
        if (const auto exported = exportPreset(named, order.settings))
            report.done = "Exported to " + named.string();
        else
            report.troubles.push_back(exported.error().fault == base::Fault::Exists
                    ? named.string() + " is there already and was not replaced: choose another name"
                    : exported.error().message);
        break;
    case Kind::Load: {
        SettingsFile preset = load(named);
        report.troubles = std::move(preset.troubles);
        if (!preset.used) {
            report.troubles.insert(
                report.troubles.begin(), named.string() + " cannot be used: nothing was changed");
            break;
        }
        readLut(preset.settings.tools, report.troubles);
        report.done = named.string() + " is used and kept";
        if (!report.troubles.empty())
            report.done = "! " + report.done + ", but for " + std::to_string(report.troubles.size())
                + (report.troubles.size() == 1 ? " line" : " lines");
        report.settings = std::move(preset.settings);
        break;
    }
    }
    return report;
}

void SettingsKeeper::order(ui::SettingsOrder order)
{
    const Kind kind = order.kind;
    if (kind == Kind::Save)
        kept_ = withoutTable(order.settings);
    const auto answer = [this](ui::SettingsReport report) {
        if (report.kind == Kind::Save && !report.troubles.empty())
            kept_.reset();
        reports_.push_back(std::move(report));
    };
    const bool asked = thread_.ask([this, answer, order = std::move(order)]() -> Worker::Answer {
        return [answer, report = carryOut(file_, order)]() { answer(report); };
    });
    if (!asked)
        answer({ kind, { "The disk is slow: this was not done, ask again" } });
}

std::vector<ui::SettingsReport> SettingsKeeper::reports()
{
    thread_.deliver();
    return std::exchange(reports_, {});
}

std::vector<ui::SettingsReport> SettingsKeeper::finish(const Settings& last)
{
    thread_.finish();
    thread_.deliver();
    if (withoutTable(last) != kept_) {
        order({ Kind::Save, "", last });
        thread_.finish();
    }
    return reports();
}

} // namespace backtake::app
