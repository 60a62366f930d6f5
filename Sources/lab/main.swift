import LabWorld

await LabProgram.run()
