// Trainings as another process records them, followed in the panel.
#include "bridge/trainingwatch.h"
#include "models/traininglistmodel.h"
#include "panelfixture.h"
#include "panels/trainingspanel.h"
#include "plots/exportdialog.h"
#include "plots/trainingplot.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLineEdit>
#include <QTemporaryDir>
#include <QTimer>

using namespace halftone;
using namespace halftone::ui;

namespace {

struct Bench
{
    QTemporaryDir folder;
    std::filesystem::path library =
        std::filesystem::path(folder.path().toStdString()) / "library.sqlite";
    std::unique_ptr<TrainingStore> store = TrainingStore::open(library).value();

    TrainingId begin(const std::string& name, std::int64_t steps = 40)
    {
        TrainingInfo info;
        info.name = name;
        info.folder = "/models/" + name;
        info.identity = name;
        info.recipe = R"({"name": "small"})";
        info.stage = "chain";
        info.steps = steps;
        return store->begin(info, false).value();
    }
    void append(TrainingId id, std::int64_t step, double loss)
    {
        const std::vector<TrainingPoint> points{{step, 100 * step, loss, 0.5, 0.001, 1.5, 200}};
        if (!store->append(id,
                           {1'000'000, "cpu", 2, 1.0 * static_cast<double>(step), step, 100 * step},
                           points))
            qFatal("the point could not be stored");
    }
};

struct Stage
{
    explicit Stage(const std::filesystem::path& library)
        : panel(library)
    {
        panel.resize(1100, 400);
        panel.show();
    }
    [[nodiscard]] QTableView& list() const
    {
        return *panel.findChild<QTableView*>(QStringLiteral("trainingList"));
    }
    [[nodiscard]] QString cell(int row, int column) const
    {
        return list().model()->index(row, column).data().toString();
    }
    [[nodiscard]] QString readOut() const
    {
        return panel.findChild<QLabel*>(QStringLiteral("readOut"))->text();
    }

    TrainingsPanel panel;
};

/// Of the pane of a quantity: the graphs are in the order of the panes.
double drawn(const TrainingPlot& plot, int pane, double at)
{
    for (const auto& point : *test::drawingOf(plot).graph(pane)->data())
        if (point.key == at)
            return point.value;
    return std::nan("");
}

} // namespace

class TestTrainingsPanel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theListSaysHowFarATrainingIs()
    {
        Bench bench;
        const TrainingId id = bench.begin("reasoner");
        bench.append(id, 10, 2.5);
        Stage stage(bench.library);
        QAbstractItemModelTester tester(stage.list().model());
        QTRY_COMPARE(stage.list().model()->rowCount(), 1);
        QCOMPARE(stage.cell(0, TrainingListModel::Name), QStringLiteral("reasoner"));
        QCOMPARE(stage.cell(0, TrainingListModel::Stage), QStringLiteral("chain"));
        QCOMPARE(stage.cell(0, TrainingListModel::State), QStringLiteral("running"));
        QCOMPARE(stage.cell(0, TrainingListModel::Step), QStringLiteral("10 of 40"));
        QCOMPARE(stage.cell(0, TrainingListModel::Loss), QLocale().toString(2.5, 'f', 4));
        QCOMPARE(stage.cell(0, TrainingListModel::Accuracy), QLocale().toString(50.0, 'f', 1));
        QCOMPARE(stage.cell(0, TrainingListModel::Speed), QStringLiteral("200"));
        // 30 steps of 100 tokens at 200 a second.
        QCOMPARE(stage.cell(0, TrainingListModel::Left), QStringLiteral("0:00:15"));
    }

    void itFollowsWhatAnotherProcessTrains()
    {
        Bench bench;
        const TrainingId id = bench.begin("reasoner");
        bench.append(id, 10, 2.5);
        Stage stage(bench.library);
        QTRY_VERIFY(stage.readOut().startsWith(QStringLiteral("Step 10,")));
        bench.append(id, 20, 1.25);
        QTRY_COMPARE(stage.cell(0, TrainingListModel::Step), QStringLiteral("20 of 40"));
        QTRY_VERIFY(stage.readOut().startsWith(QStringLiteral("Step 20,")));
        stage.panel.plot().refreshNow();
        QCOMPARE(drawn(stage.panel.plot(), 0, 10), 2.5);
        QCOMPARE(drawn(stage.panel.plot(), 0, 20), 1.25);
        QCOMPARE(drawn(stage.panel.plot(), 1, 20), 50.0); // per cent
        QCOMPARE(drawn(stage.panel.plot(), 3, 20), 200.0);
        if (!bench.store->finish(id, RunStatus::Stopped))
            QFAIL("the training could not be ended");
        QTRY_COMPARE(stage.cell(0, TrainingListModel::State), QStringLiteral("stopped"));
        QCOMPARE(stage.cell(0, TrainingListModel::Left), QString());
    }

    void aNewTrainingComesOnTopAndTheChosenOneStays()
    {
        Bench bench;
        const TrainingId first = bench.begin("first");
        bench.append(first, 10, 2.5);
        Stage stage(bench.library);
        QTRY_COMPARE(stage.panel.chosen(), std::optional(first));
        const TrainingId second = bench.begin("second");
        bench.append(second, 10, 4.5);
        QTRY_COMPARE(stage.list().model()->rowCount(), 2);
        QCOMPARE(stage.cell(0, TrainingListModel::Name), QStringLiteral("second"));
        QCOMPARE(stage.panel.chosen(), std::optional(first));
        QCOMPARE(stage.list().currentIndex().row(), 1);

        const QRect row = stage.list().visualRect(stage.list().model()->index(0, 0));
        QTest::mouseClick(stage.list().viewport(), Qt::LeftButton, {}, row.center());
        QCOMPARE(stage.panel.chosen(), std::optional(second));
        QTRY_VERIFY(
            stage.readOut().contains(QStringLiteral("loss ") + QLocale().toString(4.5, 'g', 4)));
    }

    void curvesAreDrawnOverTokensToo()
    {
        Bench bench;
        const TrainingId id = bench.begin("reasoner");
        bench.append(id, 10, 2.5);
        bench.append(id, 20, 1.25);
        Stage stage(bench.library);
        QTRY_VERIFY(!stage.readOut().isEmpty());
        auto* across = stage.panel.findChild<QComboBox*>(QStringLiteral("across"));
        QTest::keyClick(across, Qt::Key_Down);
        stage.panel.plot().refreshNow();
        QCOMPARE(drawn(stage.panel.plot(), 0, 2000), 1.25);
    }

    void thePointerReadsAndTheWheelZooms()
    {
        Bench bench;
        const TrainingId id = bench.begin("reasoner");
        for (std::int64_t step = 1; step <= 40; ++step)
            bench.append(id, step, 1.0 / static_cast<double>(step));
        Stage stage(bench.library);
        QTRY_VERIFY(stage.readOut().startsWith(QStringLiteral("Step 40,")));
        TrainingPlot& plot = stage.panel.plot();
        plot.refreshNow();
        QCustomPlot& drawing = test::drawingOf(plot);
        const QCPAxis& across = *drawing.graph(0)->keyAxis();
        const QPoint place(static_cast<int>(across.coordToPixel(10)),
                           drawing.axisRect(0)->center().y());
        QTest::mouseMove(plot.canvas(), place);
        QTRY_VERIFY(stage.readOut().startsWith(QStringLiteral("Step 10,")));
        QCOMPARE(plot.shownRows(), (std::pair<qint64, qint64>{0, 39}));
        QTest::keyClick(&plot, Qt::Key_Plus);
        QCOMPARE(plot.shownRows(), (std::pair<qint64, qint64>{9, 29}));
        QTest::keyClick(&plot, Qt::Key_Home);
        QCOMPARE(plot.shownRows(), (std::pair<qint64, qint64>{0, 39}));
    }

    void curvesAreExportedWithTheirRecipe()
    {
        Bench bench;
        const TrainingId id = bench.begin("reasoner");
        bench.append(id, 10, 2.5);
        Stage stage(bench.library);
        QTRY_VERIFY(!stage.readOut().isEmpty());
        const QString file = bench.folder.filePath(QStringLiteral("curves.csv"));
        QTimer::singleShot(0, &stage.panel, [&] {
            auto* dialog = stage.panel.findChild<ExportDialog*>();
            auto* format = dialog->findChild<QComboBox*>(QStringLiteral("format"));
            QTest::keyClick(format, Qt::Key_End);
            dialog->findChild<QLineEdit*>(QStringLiteral("path"))->setText(file);
            dialog->accept();
        });
        stage.panel.findChild<QAction*>(QStringLiteral("export"))->trigger();
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QByteArray text = written.readAll();
        QVERIFY2(text.contains("Recipe"), text.constData());
        QVERIFY2(text.contains("10,1000,2.5,0.5,0.001,1.5,200"), text.constData());
    }

    void aLibraryThatIsNotThereYetIsNoProblemAndABrokenOneIsSaid()
    {
        QTemporaryDir folder;
        const auto library = std::filesystem::path(folder.path().toStdString()) / "library.sqlite";
        Stage stage(library);
        QTest::qWait(200);
        auto* problem = stage.panel.findChild<QLabel*>(QStringLiteral("problem"));
        QVERIFY(!problem->isVisible());
        QVERIFY(!test::hintOf(stage.panel.plot()).isEmpty());
        QFile broken(QString::fromStdString(library.string()));
        QVERIFY(broken.open(QIODevice::WriteOnly));
        broken.write("no library at all");
        broken.close();
        QTRY_VERIFY(problem->isVisible());
        QVERIFY(problem->text().contains(QStringLiteral("library.sqlite")));
        QVERIFY(QFile::remove(broken.fileName()));
        Bench bench;
        const TrainingId id = bench.begin("late");
        bench.append(id, 1, 1);
        bench.store.reset();
        QVERIFY(QFile::copy(QString::fromStdString(bench.library.string()), broken.fileName()));
        QTRY_COMPARE(stage.list().model()->rowCount(), 1);
        QVERIFY(!problem->isVisible());
    }
};

QTEST_MAIN(TestTrainingsPanel)
#include "tst_trainingspanel.moc"
