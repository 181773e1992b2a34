/// One working session: cameras, takes, review. Turns intents into calls and snapshots into the window's
/// model.
#pragma once

#include "app/cue_desk.hpp"
#include "app/guide_desk.hpp"
#include "app/handover_desk.hpp"
#include "app/lip_checker.hpp"
#include "app/log_keeper.hpp"
#include "app/second_folder.hpp"
#include "app/story_maker.hpp"
#include "app/worker.hpp"
#include "capture/attached_cameras.hpp"
#include "capture/camera.hpp"
#include "capture/recorder.hpp"
#include "capture/rolled_take.hpp"
#include "capture/sound_input.hpp"
#include "guide/sound_clip.hpp"
#include "playback/filmstrip_maker.hpp"
#include "playback/player.hpp"
#include "playback/sound_player.hpp"
#include "takes/disk.hpp"
#include "takes/recovery.hpp"
#include "takes/shoot.hpp"
#include "ui/intent.hpp"
#include "ui/model.hpp"

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <vector>

namespace backtake::app {

struct SeenAttempt; ///< practice_desk.hpp

struct SessionOptions {
    std::filesystem::path shoot;
    std::vector<capture::CameraSpec> cameras; ///< A, B, … in this order; at least one.
    /// Of cameras that have none of their own; nullopt: what comes with each picture.
    std::optional<capture::SoundSpec> sound;
    std::map<char, capture::SoundSpec> camera_sound {}; ///< A camera's own, by its letter.
    capture::CameraOptions camera_options;              ///< Its ring is shared out evenly among the cameras.
    base::Nanos preroll = std::chrono::seconds(10);
    /// Where takes go on when the shoot's disk refuses; empty: none yet.
    std::filesystem::path second_folder;
    bool has_window = true; ///< Else nobody can press the key that a message asks for.
    base::TimecodeSource timecode;
    std::string scene = "1";
    std::optional<int> take; ///< Else the next free number of the scene.
    bool backward = true;    ///< Direction of the takes to come.
    /// How the camera's picture is turned; a shoot that has takes goes on as its last one was.
    base::Orientation orientation = base::Orientation::Upright;
    std::vector<std::string> warnings; ///< To be said at the start.
    bool record_on_body = true;        ///< Roll and cut start and stop the bodies' own recordings, too.
    /// How long the end of a session waits for bodies to stop and to name their last clip.
    base::Nanos last_news = std::chrono::seconds(2);
    int decoders = 0; ///< 0: one a core.
    /// Tests have disks of their own: what recordings are written to, and how many bytes are free where.
    std::shared_ptr<takes::Disk> disk;
    std::function<std::optional<std::uint64_t>(const std::filesystem::path&)> free_bytes;
    /// Opens the device that review is heard from, on the sound's thread; none: nothing is heard.
    playback::SoundPlayer::Open open_sound {};
    base::SoundChoice heard {};
    /// Opens the device that the guide is heard from, on its own thread; none: it is heard by nobody.
    GuideDesk::Open open_guide {};
    ui::GuideChoice guide {};
    std::string guide_file {};    ///< To be loaded at the start; empty: none.
    bool sound_by_update = false; ///< Sound is made by update(), in its time; tests have no clock.
    /// The microphone of practice when takes have no sound.
    capture::SoundSpec practice_sound { capture::SoundSpec::Kind::Pulse, "audio:pulse", "" };
    /// A camera for @p spec; tests put their own in.
    std::function<std::unique_ptr<capture::Camera>(const capture::CameraSpec&, const capture::CameraOptions&)>
        make_camera;
};

/// Room: one thread (the window's, or a simulated display's): handle() and update(). Time: neither waits for
/// a camera, a disk or a decoder. What does is done by camera, recorder, decoder and log threads; their news
/// is picked up in update(). Ends: the destructor cuts a rolling take and waits until it is on disk, or until
/// no disk has taken it for a while.
class Session {
public:
    explicit Session(SessionOptions options);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void handle(const ui::Intent& intent, base::Nanos now);
    /// What to show at @p now. Call it once a display interval.
    const ui::Model& update(base::Nanos now, base::Nanos display_interval);
    [[nodiscard]] bool quitAsked() const { return quit_; }
    /// What the display did with the last model, for the log.
    /// @param presented_at monotonic, when picture @p picture_id was first handed to it.
    void notePresented(std::uint64_t picture_id, base::Nanos presented_at);
    /// Looks for attached cameras, now and then again, for the window's list.
    void listCamerasForWindow();

    // For the command line, which has no window to look at.
    [[nodiscard]] const capture::Camera& camera() const { return *units_[viewed_].camera; }
    [[nodiscard]] bool rolling() const { return rolling_since_.has_value(); }
    /// Whether the log has been read and every take cut so far is on disk with its guide, or given up.
    [[nodiscard]] bool settled() const;
    /// Time from the last cut to the first picture handed to the screen that was not there before.
    [[nodiscard]] std::optional<base::Nanos> cutToReview() const { return cut_to_review_; }
    /// Of the takes cut in this session, oldest first.
    [[nodiscard]] const std::vector<capture::RecorderStatus>& finished() const { return finished_; }
    /// Takes that no disk takes are given up, with what was written of them: they come to finished().
    void giveUpWaiting();
    /// Since when a cut take waits in memory that no disk takes; nullopt: none does.
    [[nodiscard]] std::optional<base::Nanos> waitingSince() const { return waiting_since_; }
    /// What is wrong with the disks now, in the operator's words, by what it is about.
    [[nodiscard]] const std::map<std::string, ui::Message>& diskNews() const { return disk_news_; }
    /// Why takes can be looked at here but not shot: another program has the shoot.
    [[nodiscard]] const std::optional<base::Error>& readOnly() const { return read_only_; }
    /// Recordings that were cut off before this session and are still to be closed.
    [[nodiscard]] bool recovering() const { return recovering_; }
    /// Why the shoot folder cannot be used, when it cannot.
    [[nodiscard]] const std::optional<base::Error>& shootTrouble() const { return shoot_trouble_; }
    [[nodiscard]] playback::PlayCounts playCounts() const { return player_.counts(); }

    /// Where the reversed guide is at @p now; nullopt: it does not play. In review it is where the picture on
    /// screen has it, or nearest to that. The cue sheet follows it.
    [[nodiscard]] std::optional<base::Nanos> guidePosition(base::Nanos now) const;
    /// What tells it from now on, called on the session's thread.
    void setGuidePosition(std::function<std::optional<base::Nanos>(base::Nanos)> position)
    {
        guide_position_ = std::move(position);
    }

private:
    /// What one body records for one take, until its clips are known.
    struct BodyTake {
        enum class State {
            Silent = 1, ///< The body does not record, or refused to.
            Asked,      ///< RecordOnBody went out.
            Recording,
            Finishing, ///< Stopped; its clip is to be announced.
            Done,
        };
        State state = State::Silent;
        bool ours = false;         ///< We asked it to record, so we ask it to stop.
        base::Nanos started_at {}; ///< Monotonic, the body's news.
        base::Nanos stopped_at {};
        std::filesystem::path folder;         ///< Of the recording, once that is closed.
        std::vector<takes::CameraClip> clips; ///< Announced before it was closed.
        std::size_t announced = 0;            ///< Clips so far; a camera may split its recording.
    };
    struct Fetch {
        std::uint64_t id = 0;         ///< The body's.
        std::filesystem::path folder; ///< Of the recording.
        takes::CameraClip clip;
    };
    /// Where a camera's takes have their sound from.
    struct UnitSound {
        bool with_picture = true;
        /// Null: it comes with the picture, or there is none. Cameras with the same spec share one.
        std::shared_ptr<capture::SoundInput> input;
        capture::SoundStatus status; ///< As of this update.
    };
    struct Unit {
        char letter = 'A';
        std::unique_ptr<capture::Camera> camera;
        UnitSound sound;
        capture::CameraStatus status;                 ///< While on screen, as of this update.
        std::shared_ptr<capture::Recorder> recorder;  ///< While rolling.
        capture::RecorderStatus written;              ///< Of it, as of this update.
        std::optional<base::Orientation> orientation; ///< Of the rolling take, when it was chosen since roll.

        capture::BodyStatus body; ///< As of body_version.
        std::optional<std::uint64_t> body_version;
        std::shared_ptr<BodyTake> body_take;               ///< Of the rolling take.
        std::vector<std::shared_ptr<BodyTake>> body_takes; ///< Oldest first; only those that may get a clip.
        bool stop_asked = false;                           ///< Of the body, and no news of it yet.
        std::optional<double> clip_bytes_per_second;       ///< Of its last clip.
        std::map<std::string, std::string> wanted;         ///< Settings asked for and not answered yet.
        std::map<std::string, std::string> troubles;       ///< Said so far, by key.
        std::vector<Fetch> fetches;                        ///< Under way.
    };
    /// What performers heard during a take.
    struct PlayedGuide {
        std::shared_ptr<const LoadedGuide> loaded;
        GuideHeard heard;
    };
    struct Closing {
        std::shared_ptr<capture::Recorder> recorder;
        std::shared_ptr<BodyTake> body_take;
        std::optional<base::Orientation> orientation; ///< Chosen since roll.
        capture::RecorderStatus written {};           ///< As of this update.
        std::shared_ptr<const PlayedGuide> guide {};  ///< Null: none was heard.
        base::Nanos nudge {};                         ///< Of its master.
    };
    /// Of the take in review: where the guide was, and its sound.
    struct ReviewedGuide {
        TakeGuide guide;
        guide::SoundClipPtr clip;
    };
    /// Of a recording that is closed: what its take.json and its row in the log are to say from now on.
    struct FactsChange {
        std::filesystem::path folder;
        std::function<void(takes::TakeFacts&)> change;
        std::string what; ///< "The camera's clip MVI_0042.MOV": it is not noted, should that fail.
    };
    /// A boundary told by a body, until the frames around it have arrived.
    struct Boundary {
        base::Nanos from {}; ///< Monotonic: the first frame captured then or later is on its other side.
        base::Nanos noticed_at {}; ///< When the wait for that frame began.
    };
    struct Review {
        std::string id;             ///< TakeFacts::id of the recording; empty: it has none.
        base::FrameIndex first = 0; ///< Captured frame of the recording that is the footage's first.
        takes::Slate slate;
        bool backward = true;
        bool shown_order = true;
        base::Orientation orientation = base::Orientation::Upright;
        base::FootagePtr footage;
        base::FrameIndex roll_frame = 0;
        std::optional<base::FrameIndex> in; ///< Captured frames; in <= out in the order on screen.
        std::optional<base::FrameIndex> out;
        std::optional<base::Nanos> chase_from; ///< A chase: monotonic time of captured frame 0.
        char chased = 'A';                     ///< Its unit's letter.
        double speed = 1; ///< To go on with after a pause, signed, in the order on screen.
        bool scrubbing = false;
        bool play_after_scrub = false;
        std::shared_ptr<const MadeStory> story; ///< It is a sequence; null: a take.

        /// Of captured frame @p n of the footage; in a sequence as the take that plays there counts.
        [[nodiscard]] std::string timecodeLabel(base::FrameIndex n) const;
    };

    /// One camera's part of the take that was just cut, playing from the ring.
    struct Rolled {
        Review review; ///< As it is opened.
        std::shared_ptr<const capture::RolledTake> take;
    };
    /// A take beside the one in review, which leads it.
    struct Side {
        /// How its captured time follows from the leader's.
        enum class Lock {
            Mirrored = 1, ///< The same take in the other order: what one still has to go the other has gone.
            SameTime,     ///< Another camera of the same take: what happened at the same moment.
            SameShown,    ///< Another take: both begin together for the audience.
        };
        Review take;
        Lock lock = Lock::SameShown;
        base::Nanos offset {};        ///< SameTime: added to the leader's captured time.
        std::filesystem::path folder; ///< Of the recording; empty: it plays from the ring, or leads.
        std::shared_ptr<const capture::RolledTake> rolled; ///< From the ring; null: from disk.
    };
    /// A picture kept to compare with.
    struct KeptStill {
        base::PicturePtr picture;
        base::Orientation orientation = base::Orientation::Upright;
        std::string words; ///< Its file, or the take it is of.
        std::string clock;
    };
    /// What the screen does when a take is opened.
    enum class Screen { ToReview = 1, Stays };

    void toggleRoll(base::Nanos now);
    /// @param from where the take starts; none: at the next frame.
    void roll(base::Nanos now, std::optional<base::Nanos> from = std::nullopt);
    /// @param until frames captured from then on are no longer in it; none: up to the newest frame.
    void cut(base::Nanos now, std::optional<base::Nanos> until = std::nullopt);
    void startReview(Review review, base::FrameIndex at, base::Nanos now,
        std::map<base::FrameIndex, base::PicturePtr> seeds);
    void openTake(std::size_t row, base::Nanos now, Screen screen = Screen::ToReview);
    [[nodiscard]] static Review reviewOf(const std::shared_ptr<const takes::Recording>& recording);
    void openSounds();
    /// Channel of the sound of a camera's takes that carries timecode, from 1 on; 0: none does.
    [[nodiscard]] int timecodeChannelOf(char letter) const;
    [[nodiscard]] static std::shared_ptr<const capture::SoundRing> soundOf(const Unit& unit);
    /// What is known of a recording before its frames are.
    [[nodiscard]] capture::RecordingOrder orderOf(const Unit& unit) const;
    [[nodiscard]] std::shared_ptr<const capture::RolledTake> takeUpTo(const Unit& unit,
        const std::shared_ptr<capture::Recorder>& recorder, base::Serial end, base::Nanos now) const;
    void toggleChase(base::Nanos now);
    /// @param row of the takes that are not in the log yet: those being closed, then those rolling.
    void chooseUnfinished(std::size_t row, base::Nanos now);
    void chase(std::size_t unit, base::Nanos now);
    void playChase(std::size_t unit, base::FootagePtr footage, base::Serial first, base::Serial end,
        base::Nanos started_at, base::Nanos now);
    void chaseWithoutDisk(base::Nanos now);
    void collectFinished(base::Nanos now);
    void refreshCameras(base::Nanos now);
    void fillCameras();
    void takeFreed(base::Nanos now);
    void readLog();
    void followLog(base::Nanos now);
    void listTakesOfOthers();
    void askNextTake();
    void countPast(const takes::Slate& taken);
    void countCut();
    void chooseCamera(const std::string& spec, base::Nanos now);
    void addCamera(const std::string& text, base::Nanos now);
    void freeCamera(const std::string& spec, int pid, base::Nanos now);

    // Disks, what they refuse, what they left open: session_disk.cpp.
    /// What recordings are written to. Any thread.
    [[nodiscard]] takes::Disk& disk() const { return options_.disk ? *options_.disk : takes::kernelDisk(); }
    void refreshDisk(base::Nanos now);
    void fillDisk(base::Nanos now);
    void tellDisks(base::Nanos now);
    void tellRecorder(char letter, const capture::RecordingOrder& order,
        const capture::RecorderStatus& status, bool cut, base::Nanos now);
    void diskSays(const std::string& key, ui::Message::Kind kind, const std::string& text);
    [[nodiscard]] double bytesPerSecond(const Unit& unit) const;
    [[nodiscard]] std::optional<base::Nanos> timeFor(std::optional<std::uint64_t> bytes) const;
    [[nodiscard]] std::string choose(const char* which) const;
    [[nodiscard]] std::string whatToDo() const;
    [[nodiscard]] std::string onlyInMemory() const;
    void useSecondFolder(const std::filesystem::path& folder, base::Nanos now);
    void listDisks();
    void lookAtFolder(const std::string& text, base::Nanos now);
    void askQuit();
    void waitForDisks();
    base::Result<takes::Recovery> recoverInShow(const std::filesystem::path& folder);
    void recoverNext();
    void recovered(const std::filesystem::path& folder, const base::Result<takes::Recovery>& recovery);
    void joinSecondFolder();
    void putInLog(const takes::TakeEntry& entry);
    void changeFacts(FactsChange change);
    void storeFacts();
    void cycleOrientation();
    /// Else it lies in a second folder, whose takes shoot.db has with their whole path.
    [[nodiscard]] bool isInShoot(const std::filesystem::path& folder) const;
    void tellWhere(const takes::TakeEntry& entry, std::string& words) const;

    // The bodies: session_body.cpp.
    void readBodies(base::Nanos now);
    void hear(Unit& unit, const capture::BodyEvent& event, base::Nanos now);
    void bodyStarted(Unit& unit, const capture::BodyEvent& event, base::Nanos now);
    void bodyStopped(Unit& unit, const capture::BodyEvent& event, base::Nanos now);
    void clipAdded(Unit& unit, const capture::BodyEvent& event, base::Nanos now);
    void fetchEnded(Unit& unit, std::uint64_t id, base::Nanos now);
    void tellTroubles(Unit& unit, base::Nanos now);
    void followBoundaries(base::Nanos now);
    [[nodiscard]] bool framesArrivedPast(const Boundary& boundary, base::Nanos now) const;
    void recordOnBody(Unit& unit, base::Nanos now);
    void stopOnBody(Unit& unit, base::Nanos now);
    void expectClip(Unit& unit);
    void setOnBody(const std::string& name, const std::string& value, base::Nanos now);
    void stepOnBody(const std::string& name, int steps, base::Nanos now);
    void fetchClip(std::size_t row, base::Nanos now);
    void fetchNext(Unit& unit, const takes::TakeEntry& entry, base::Nanos now);
    void cancelFetch(std::uint64_t id, base::Nanos now);
    void storeClip(const std::filesystem::path& folder, const takes::CameraClip& clip);
    void waitForBodies();
    void fillBody(base::Nanos now);
    [[nodiscard]] std::optional<ui::TakeClip> clipOf(const takes::TakeEntry& entry) const;
    [[nodiscard]] std::string named(const Unit& unit, const std::string& text) const;

    // Review steering, all in the order on screen.
    [[nodiscard]] int orderSign() const; ///< +1: the order on screen is the captured one.
    [[nodiscard]] base::FrameIndex toCaptured(base::FrameIndex on_screen) const;
    [[nodiscard]] base::FrameIndex onScreen(base::FrameIndex captured) const
    {
        return toCaptured(captured);
    } ///< Its own inverse.
    void play(double speed, base::Nanos now);
    void pause(base::Nanos now);
    void goTo(base::FrameIndex on_screen, base::Nanos now);
    /// The captured frame of its recording that a frame of the footage in review is.
    [[nodiscard]] base::FrameIndex recorded(base::FrameIndex frame) const;
    void step(base::FrameIndex frames, base::Nanos now);
    void applyRange(base::Nanos now);

    void saveStill(const base::CubeLutPtr& lut, base::Nanos now); // session_still.cpp

    // What is heard: session_sound.cpp.
    void startSound();
    void followSound(base::Nanos now); ///< Before the head is asked.
    void tellSound(base::Nanos now);   ///< After it was steered.

    // The guide: session_guide.cpp.
    void startGuide();
    void loadGuide(const ui::LoadGuide& load, base::Nanos now);
    void toggleGuide(base::Nanos now);
    void rollGuide(base::Nanos now);
    std::shared_ptr<const PlayedGuide> cutGuide(base::Nanos now);
    /// Of a take that rolls: a crash loses no more of it than the last second.
    void noteGuide(base::Nanos now);
    /// Of a take that is closed: where the guide was, and its file.
    void storeGuide(const std::filesystem::path& recording, const std::shared_ptr<const PlayedGuide>& played,
        base::Nanos nudge, base::Nanos frame_zero);
    void writeGuide(const std::filesystem::path& recording, const std::shared_ptr<const PlayedGuide>& played,
        base::Nanos nudge, base::Nanos frame_zero);
    void keepMaster(const std::shared_ptr<const PlayedGuide>& played);
    [[nodiscard]] std::shared_ptr<const PlayedGuide> playedGuide(base::Nanos now);
    void followGuide(base::Nanos now);
    void askReviewedGuide();
    void loadMaster(std::uint64_t question, const TakeGuide& guide);
    void hasMaster(std::uint64_t question, const TakeGuide& guide, const guide::SoundClipPtr& clip);
    void hasNoMaster(std::uint64_t question, const base::Error& why);
    void outlineMaster();
    void cycleHeardTrack(base::Nanos now);
    void nudgeMaster(int steps, base::Nanos now);
    void storeGuides();
    [[nodiscard]] base::FootagePtr heardFootage(); ///< Of the take in review, with what is to be heard.
    void fillGuide();
    // Cue sheets: session_cue.cpp.
    void orderCue(const ui::CueOrder& order, base::Nanos now);
    void followCue(base::Nanos now); ///< Once it is known what is on screen.
    [[nodiscard]] std::optional<base::Nanos> reviewedPlace() const;

    // What is said of takes and frames: session_log.cpp.
    LogKeeper::Wiring logWiring();
    base::Result<std::optional<takes::TakeEntry>> unlisted(const std::string& take);
    void fillHere(base::Nanos now);
    void fillSaid();
    void sayOf(const std::string& take, ui::TakeRow& row) const;
    void addMark(takes::Mark mark, base::Nanos now);
    void putNote(const ui::PutNote& note, base::Nanos now);
    void removeMark(std::int64_t id, base::Nanos now);
    void goToMark(int direction, base::Nanos now);
    void selectMark(std::int64_t id, base::Nanos now);
    void circleTake(base::Nanos now);
    void putSheet(const ui::PutSheet& sheet, base::Nanos now);
    void sayBoard(const ui::SayBoard& said, base::Nanos now);
    void askBoard();
    // Setups and slates: session_sheets.cpp.
    void fillSetup(ui::SetupSheet& view, const std::string& scene, bool backward,
        base::Orientation orientation) const; ///< The last two, where nothing was said of it.
    void putSetup(const ui::SetupSheet& sheet, base::Nanos now);
    void followSetup();
    void turnTake(const std::string& take, std::optional<bool> backward,
        std::optional<base::Orientation> orientation, base::Nanos now);
    void turn(takes::Showings recordings);
    void showReview(const takes::Showing& showing, base::Nanos now);
    void fillEnds(); ///< session_ends.cpp
    void filterTakes(const ui::TakeFilter& filter);
    void nextScene(std::string scene, base::Nanos now);
    [[nodiscard]] std::string slateOf(const std::string& take) const;
    /// Whether something can be said in this session at all; else it is told why not.
    bool mayLog(base::Nanos now);
    [[nodiscard]] bool rolls(const std::string& take) const;

    // The take in review against the guide: session_lip.cpp.
    void toggleLipCheck(base::Nanos now);
    void loopPhrase(base::Nanos now);
    void goToPhrase(std::size_t phrase, base::Nanos now);
    void fillLip();
    /// Whether in and out stand where loopPhrase() has set them.
    [[nodiscard]] bool loopsPhrase() const;
    /// First and last frame, in the order on screen, between two captured times.
    [[nodiscard]] std::pair<base::FrameIndex, base::FrameIndex> framesOf(const ui::LipPhrase& phrase) const;

    // Attempts with the reversed guide, without a take: session_practice.cpp.
    struct Practice;
    struct PracticeDeleter {
        void operator()(Practice* practice) const;
    };
    void togglePractice(base::Nanos now);
    void practise(ui::Practise::What what, base::Nanos now);
    void chooseAttempt(const ui::ChooseAttempt& choice);
    void quietPractice(base::Nanos now); ///< A loudspeaker would be in the take.
    void fillPractice();
    [[nodiscard]] std::optional<SeenAttempt> seenAttempt(base::Nanos now) const; ///< To stand beside live.
    playback::Shown tickAttempt(const SeenAttempt& attempt, base::Nanos now, base::Nanos display_interval);
    // What goes to editorial: session_handover.cpp.
    [[nodiscard]] HandoverOrder handoverOrder(const ui::HandoverWish& wish) const;
    void lookAtHandover(const ui::HandoverWish& wish);
    void startHandover(const ui::HandoverWish& wish, base::Nanos now);
    void handOver(HandoverOrder order, base::Nanos now);
    void handoverEnded(const HandoverEnd& end);
    ui::HandoverRun::Held holdHandover();
    void fillHandover();
    /// What the end of the session would stop; empty: nothing.
    [[nodiscard]] std::string unfinishedHandover() const;
    /// What is to be answered before the end of the session.
    [[nodiscard]] std::string quitQuestion() const { return unfinishedHandover() + onlyInMemory(); }
    // Takes one after the other: session_story.cpp.
    void handleStory(const ui::StoryIntent& intent, base::Nanos now);
    [[nodiscard]] const takes::Story* storyInPanel() const;
    void editStory(const std::function<void(takes::Story&)>& edit, base::Nanos now);
    void newStory(const ui::NewStory& wanted, base::Nanos now);
    void renameStory(const std::string& name, base::Nanos now);
    void addCard(base::Nanos now);
    void trimCard(base::Nanos now);
    void chooseCard(std::size_t card, base::Nanos now);
    void playStory(base::Nanos now);
    void openCard(base::Nanos now);
    void trimReview(base::Nanos now); ///< To the card it was opened for.
    void makeStory(base::Nanos now);  ///< Once a frame: anew when the log says something else.
    void storyMade(std::shared_ptr<const MadeStory> made, base::Nanos now);
    void followStory(base::FrameIndex frame); ///< What the review says is that of the take on screen.
    void exportStory(base::Nanos now);
    void fillStory(base::Nanos now);

    // More than one picture: session_views.cpp.
    void cycleCompare(base::Nanos now);
    void toggleBothWays(base::Nanos now);
    void toggleQuad(base::Nanos now);
    void choosePane(std::size_t pane, base::Nanos now);
    void keepReference(base::Nanos now);
    void useStill(KeptStill still);
    void listStills();
    void chooseReference(const std::string& name);
    void arrangeSides(base::Nanos now);
    void addSide(Side side, base::Nanos now);
    void lockSide(const Side& side, playback::Playhead& head, base::Nanos now) const;
    void fillPanes(base::Nanos now, base::Nanos display_interval);

    void say(ui::Message::Kind kind, std::string text, base::Nanos now);
    void standing(const std::string& key, ui::Message::Kind kind, const std::string& text,
        base::Nanos now); ///< Empty text: gone.
    [[nodiscard]] static ui::CameraState stateOf(capture::CameraState state);
    void fillCamera(base::Nanos now);
    void fillSound(base::Nanos now);
    [[nodiscard]] std::string lostSound(const Unit& unit) const; ///< In the operator's words; empty: none is.
    void fillTimecode(const capture::CameraStatus& status, base::Nanos now);
    void jamTimecode(base::Nanos now);
    void fillReview(base::Nanos now);
    void fillTakes();

    base::Room room_ { "window" }; ///< Everything below but what says otherwise.
    SessionOptions options_;
    const std::filesystem::path media_ { options_.shoot / "media" }; ///< Where the shoot's takes lie.
    /// Camera A's sound is what it hears.
    const std::shared_ptr<capture::TimecodeGenerator> timecode_ =
        std::make_shared<capture::TimecodeGenerator>(options_.timecode, base::monotonicNow());
    std::uint64_t timecode_comparisons_ = 0; ///< Of LTC with the running clock, said so far.
    std::vector<Unit> units_;
    std::size_t viewed_ = 0; ///< The unit on screen.
    playback::Player player_;
    playback::FilmstripMaker
        filmstrip_; ///< Of the take under review; a chase has none, it changes all the time.
    std::optional<Review> review_;
    bool live_on_screen_ = true;
    bool quit_ = false;
    std::string scene_;
    int next_take_ = 1;        ///< While a take rolls its number, as it was ordered.
    int taken_meanwhile_ = 0;  ///< The highest number of the scene found to be taken while it rolls.
    bool take_chosen_ = false; ///< By the operator or the command line; else the log's next number is taken.
    bool backward_ = true;
    base::Orientation orientation_ =
        base::Orientation::Upright; ///< Of the camera live, and of its next takes.
    std::optional<base::Nanos> rolling_since_;

    std::optional<Boundary> start_told_; ///< By a body; the take rolls once its first frame is there.
    std::optional<Boundary> stop_told_;
    std::vector<FactsChange> facts_to_store_;
    bool ending_ = false;      ///< In the destructor: nothing starts any more.
    bool body_changed_ = true; ///< The model's copy is old.

    std::string board_of_; ///< Id of the take cut last; empty: a take rolls, or none was cut.
    std::vector<Closing> closing_;
    int unlisted_ = 0; ///< Closed, and on their way into the log.
    std::shared_ptr<const capture::RolledTake>
        rolled_;                       ///< The take under review as long as it plays from the ring.
    std::vector<Rolled> rolled_takes_; ///< It and what the other cameras rolled with it.

    ui::ViewMode mode_ =
        ui::ViewMode::Single; ///< As wished; with nothing to show beside it a picture is alone.
    ui::Compare compare_ = ui::Compare::Wipe;
    bool reference_is_take_ = true; ///< Else still_.
    std::optional<KeptStill> still_;
    std::uint64_t still_id_ = 0;
    std::vector<Side> sides_;
    std::vector<std::unique_ptr<playback::Player>> side_players_; ///< Of sides_, and those once needed.
    base::FootagePtr arranged_for_;                               ///< What sides_ stand beside,
    ui::ViewMode arranged_mode_ = ui::ViewMode::Single;           ///< and how.
    std::uint64_t sides_question_ = 0;                            ///< An answer to an older one is dropped.
    std::uint64_t last_picture_id_ = 0;
    std::vector<capture::RecorderStatus> finished_;
    std::vector<takes::TakeEntry> log_;
    bool log_read_ = false;
    std::optional<std::uint64_t> log_followed_; ///< What said_ had when the takes were last made to agree.
    std::optional<base::Error> shoot_trouble_;
    std::optional<std::size_t> selected_;
    /// The first and last picture of a take.
    struct Ends {
        base::FilmstripPtr strip;
        base::FrameIndex frames = 0; ///< That it had.
        base::Nanos seen_at {};      ///< On screen.
    };
    std::unordered_map<std::string, Ends> ends_; ///< By folder.
    std::vector<std::size_t> takes_on_screen_;   ///< Rows of the list.
    std::uint64_t ends_made_ = 0;
    bool ends_asked_ = false; ///< And not answered yet.
    /// What the take to be shot next was last made to follow.
    struct Followed {
        std::uint64_t version = 0;
        std::string scene;
        int next_take = 0;
        friend bool operator==(const Followed&, const Followed&) = default;
    } followed_;
    struct FollowedSetup {
        std::string name;
        takes::Direction direction = takes::Direction::Backward;
        base::Orientation orientation = base::Orientation::Upright;
        friend bool operator==(const FollowedSetup&, const FollowedSetup&) = default;
    };
    std::optional<FollowedSetup> followed_setup_;
    std::uint64_t take_question_ = 0; ///< An answer to an older one is dropped.

    std::optional<std::uint64_t> disk_free_;        ///< Where the shoot is.
    std::optional<std::uint64_t> second_disk_free_; ///< Where the second folder is.
    std::filesystem::path second_folder_;           ///< Checked; empty: none.
    base::Nanos disk_asked_at_ {};
    bool disk_asked_ = false; ///< And not answered yet.
    bool disk_low_ = false;
    std::map<std::string, ui::Message> disk_news_; ///< True now; told as standing messages.
    std::map<std::string, ui::Message> disk_news_before_;
    std::map<std::string, base::Nanos> refused_since_; ///< By take.
    std::optional<base::Nanos> behind_since_;          ///< Frames wait for the disk noticeably.
    std::optional<base::Nanos> half_since_;            ///< They take half of the ring.
    std::optional<base::Nanos> waiting_since_;
    std::optional<std::string> look_wanted_; ///< A folder to look at when the last look is answered.
    bool looking_ = false;
    bool second_asked_ = false; ///< A second folder is being checked.
    bool give_up_at_end_ = false;
    std::optional<base::Error> read_only_;
    bool recovering_ = false;
    std::vector<std::filesystem::path> to_recover_;
    std::map<std::filesystem::path, std::string> found_; ///< Of takes recovered or damaged: what was found.
    std::stop_source recovery_stop_;

    std::uint64_t chase_question_ = 0;
    std::optional<std::pair<std::size_t, base::Nanos>> chase_asked_; ///< Unit, and since when.

    std::optional<base::Nanos> cut_at_; ///< Until the first new picture.
    std::optional<base::Nanos> cut_to_review_;
    base::Nanos last_cut_at_ {};
    std::uint64_t cut_picture_ = 0; ///< Id of the first new picture after the cut, until it is on glass.
    base::Serial live_serial_ = 0;  ///< Last handed to the screen.
    const base::Picture* last_picture_ = nullptr;
    std::optional<base::FrameIndex> shown_captured_; ///< The captured frame of review that is on screen.
    std::vector<ui::CameraChoice> found_cameras_;    ///< By the cameras thread, those on USB first.
    std::uint64_t attached_version_ = 0;             ///< Of the list it was last given.
    bool cameras_changed_ = false;
    /// A camera that another program was asked to let go of, and until when to wait for it.
    std::optional<std::pair<std::string, base::Nanos>> freeing_;
    std::vector<capture::CameraSpec> added_; ///< Typed by the operator.
    base::Nanos cameras_asked_at_ {};
    bool cameras_asked_ = false; ///< And not answered yet.
    int stills_under_way_ = 0;

    std::unique_ptr<playback::SoundPlayer> sound_; ///< Null: nothing is heard.
    base::Nanos sound_ahead_ {};      ///< Playback time minus monotonic time, as the head has it.
    base::FootagePtr sound_of_;       ///< What it was told to play,
    std::uint64_t sound_steered_ = 0; ///< and how.
    std::string sound_trouble_;       ///< Said last.

    std::unique_ptr<GuideDesk> guide_;
    base::FootagePtr guide_of_;        ///< The footage that the next ones are of.
    std::uint64_t guide_question_ = 0; ///< An answer to an older one is dropped.
    std::optional<ReviewedGuide> reviewed_guide_;
    /// The master on the captured time line of the take in review; null: none.
    base::SoundTrackPtr placed_master_;
    /// Of that sound where it was heard, without its nudge; null: none yet.
    base::SoundOutlinePtr master_outline_;
    std::stop_source outline_stop_;
    /// In review the sound that placed_master_ is made of; else, or where that is null, the guide that is
    /// loaded. Null: none.
    std::shared_ptr<const guide::SoundClip> guide_clip_;
    std::optional<std::pair<GuideSource, guide::SoundClipPtr>> last_master_; ///< Read from the shoot.
    ui::HeardTrack heard_track_ = ui::HeardTrack::Both;
    base::FootagePtr heard_footage_; ///< Made of the review's, of
    base::SoundTrackPtr heard_master_;
    ui::HeardTrack heard_as_ = ui::HeardTrack::Both;
    std::map<std::string, TakeGuide> guides_to_store_; ///< Moved by the operator, by take.
    bool guide_under_way_ = false;                     ///< One of them is being written.
    int guide_notes_ = 0;                              ///< On their way to the disk: where the guide was.
    base::Nanos guide_noted_at_ {};
    std::shared_ptr<const LoadedGuide> guide_kept_; ///< Whose file the shoot was last asked to keep.
    friend struct GuideOfSession;                   ///< Tests put a guide in.
    bool lip_open_ = false;
    std::optional<std::size_t> looped_phrase_; ///< That in and out were set round last: …
    std::pair<base::FrameIndex, base::FrameIndex> looped_frames_ {}; ///< … to these captured frames.

    /// What ReviewModel::marks was last made from.
    struct MarksShown {
        const base::Footage* footage = nullptr;
        bool shown_order = true;
        std::uint64_t version = 0;
        std::int64_t timecode = 0;
        friend bool operator==(const MarksShown&, const MarksShown&) = default;
    } marks_shown_;

    ui::Model model_;
    struct Standing {
        std::uint64_t id = 0;
        std::string text;
    };
    std::map<std::string, Standing> standing_ids_;
    std::uint64_t next_message_ = 1;

    /// The sequence in the panel.
    struct StoryDesk {
        bool open = false; ///< Somebody has looked at sequences in this session.
        std::string name;
        std::size_t chosen = 0;
        std::shared_ptr<const MadeStory> made;
        base::FilmstripPtr pictures;
        std::vector<takes::StoryCard> asked {};   ///< What is made, or being made: a name makes no picture,
        std::size_t known = 0;                    ///< when so many takes were known,
        bool asking = false;                      ///< and whether it is not answered yet.
        std::optional<takes::StoryCard> opens {}; ///< For whom a take is being opened.
        std::string shown {};                     ///< What the model was last made from.
        std::uint64_t shown_version = 0;
        const MadeStory* shown_made = nullptr;
    } story_;
    StoryMaker story_maker_;                                                ///< Story thread only.
    std::function<std::optional<base::Nanos>(base::Nanos)> guide_position_; ///< A test's; none: the guide's.
    std::unique_ptr<CueDesk> cue_desk_;                                     ///< From the first order on.

    std::unique_ptr<takes::Shoot> shoot_; ///< Log thread only.
    LogKeeper said_ { logWiring() };
    std::unique_ptr<capture::AttachedCameras> attached_; ///< Only for a window, which shows them.
    Worker still_thread_;                                ///< Makes stills: a PNG takes a while.
    Worker ends_thread_;   ///< Makes the list's pictures, when nothing else is to do.
    Worker disk_thread_;   ///< Asks disks for room: they may answer late, and not only the shoot's.
    Worker camera_thread_; ///< Asks which cameras there are, closes those left: devices may answer late.
    LipChecker lip_checker_;
    std::unique_ptr<Practice, PracticeDeleter> practice_; ///< While its panel is open.
    HandoverDesk handover_ { options_.free_bytes ? options_.free_bytes : freeBytes };
    /// Writes and reads where guides were: a disk that is slow with that holds up no log.
    Worker guide_notes_thread_ { "bt-guide-notes" };
    Worker story_thread_; ///< Opens the takes of sequences and makes their small pictures.
    std::jthread sound_thread_;
    Worker log_thread_; ///< The threads are last: stopped and joined before what it uses goes.
};

/// What a look at a session without a window leads to.
enum class Next {
    Refresh = 1, ///< Look again at the display's next refresh.
    UpdateNow,   ///< Something was asked of the session: as a key press wakes a window.
    Stop,
};
/// Runs a session without a window: a simulated display of @p refresh_hz that takes each picture, and @p
/// look, which sees what it shows.
void runWithoutWindow(
    Session& session, double refresh_hz, const std::function<Next(base::Nanos, const ui::Model&)>& look);

} // namespace backtake::app
